# One peer's trajectories: Rscript peers.R mrgsolve|rxode2 FOLDER. Reads people.csv; writes curves.csv and seconds.json.
given <- commandArgs(trailingOnly = TRUE)
people <- read.csv(file.path(given[2], "people.csv"))
people$ID <- seq_len(nrow(people))
starts <- c(0, 3, 7, 10, 14, 17) * 1440
grid <- as.vector(outer(0:240, starts, "+"))
events <- data.frame(
  TIME = rep(starts, each = 3) + rep(c(0, 0, 20), 6),
  share = rep(c(0.05, 0.30, 0.20), 6), per_min = rep(c(0, 0.30, 0.20) / 20, 6)
)

if (given[1] == "mrgsolve") {
  suppressMessages(library(mrgsolve))
  model <- mcode("workload", "
$PARAM V1 = 1, V2 = 1, V3 = 1, CL = 1, Q2 = 1, Q3 = 1, KTR = 1, FM = 1, VN1 = 1, VN2 = 1, CLN = 1, QN = 1, KE0 = 1
$CMT C S D T1 T2 M MD E
$ODE
dxdt_C = -(CL + Q2 + Q3) / V1 * C + Q2 / V2 * S + Q3 / V3 * D;
dxdt_S = Q2 / V1 * C - Q2 / V2 * S;
dxdt_D = Q3 / V1 * C - Q3 / V3 * D;
dxdt_T1 = FM * CL / V1 * C - KTR * T1;
dxdt_T2 = KTR * (T1 - T2);
dxdt_M = KTR * T2 - (CLN + QN) / VN1 * M + QN / VN2 * MD;
dxdt_MD = QN / VN1 * M - QN / VN2 * MD;
dxdt_E = KE0 * (C / V1 - E);
$TABLE
double KET = 1000 * C / V1; double NOR = 1000 * M / VN1; double EFF = 1000 * E;
$CAPTURE KET NOR EFF
", quiet = TRUE)
  dosed <- merge(events, people, by = NULL)
  dosed <- data.frame(dosed[names(people)], TIME = dosed$TIME, AMT = dosed$share * dosed$WT,
                      RATE = dosed$per_min * dosed$WT, CMT = 1, EVID = 1)
  dosed <- dosed[order(dosed$ID, dosed$TIME), ]
  run <- function() mrgsim_d(model, dosed, tgrid = grid, obsonly = TRUE, rtol = 1e-8, atol = 1e-10, maxsteps = 100000)
  columns <- c("KET", "NOR", "EFF")
} else {
  suppressMessages(library(rxode2))
  model <- rxode2("
d/dt(C) = -(CL + Q2 + Q3) / V1 * C + Q2 / V2 * S + Q3 / V3 * D;
d/dt(S) = Q2 / V1 * C - Q2 / V2 * S;
d/dt(D) = Q3 / V1 * C - Q3 / V3 * D;
d/dt(T1) = FM * CL / V1 * C - KTR * T1;
d/dt(T2) = KTR * (T1 - T2);
d/dt(M) = KTR * T2 - (CLN + QN) / VN1 * M + QN / VN2 * MD;
d/dt(MD) = QN / VN1 * M - QN / VN2 * MD;
d/dt(E) = KE0 * (C / V1 - E);
KET = 1000 * C / V1;
NOR = 1000 * M / VN1;
EFF = 1000 * E;
")
  dosed <- merge(events, people, by = NULL)
  doses <- data.frame(id = dosed$ID, time = dosed$TIME, amt = dosed$share * dosed$WT, rate = dosed$per_min * dosed$WT,
                      cmt = "C", evid = 1)
  seen <- merge(data.frame(time = grid), people["ID"], by = NULL)
  seen <- data.frame(id = seen$ID, time = seen$time, amt = NA, rate = NA, cmt = "C", evid = 0)
  all <- rbind(doses, seen)
  all <- all[order(all$id, all$time, -all$evid), ]
  own <- people[setdiff(names(people), c("ID", "WT"))]
  run <- function() rxSolve(model, own, all, rtol = 1e-8, atol = 1e-10, cores = 1, addDosing = FALSE)
  columns <- c("KET", "NOR", "EFF")
}
found <- as.data.frame(run())
took <- sum(system.time(run())[c("user.self", "sys.self")])
write.table(format(found[columns], digits = 17), file.path(given[2], "curves.csv"), sep = ",", row.names = FALSE,
            col.names = FALSE, quote = FALSE)
writeLines(sprintf("[%.6f]", took), file.path(given[2], "seconds.json"))
