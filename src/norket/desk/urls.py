"""The addresses of the pages. Role buttons without a password exist in the demo alone."""

from django.conf import settings
from django.urls import URLPattern, path

from norket.desk.alerts.views import alert_load
from norket.desk.assessment import due, scores
from norket.desk.audit.views import audit
from norket.desk.board import roster
from norket.desk.board.views import board
from norket.desk.chart.views import chart, withdraw
from norket.desk.choices import views as choices
from norket.desk.closing import views as closing
from norket.desk.consent import signing
from norket.desk.consent import views as consent
from norket.desk.course import views as course
from norket.desk.exposure import views as exposure
from norket.desk.history.views import history, take_back
from norket.desk.knowledge.views import entries, entry, founding_facts
from norket.desk.medicines import views as medicines
from norket.desk.offline.worker import service_worker
from norket.desk.patients.new import new_patient
from norket.desk.patients.views import patient, patients
from norket.desk.plan.views import order, order_preview
from norket.desk.policy.rescue import rescue_templates
from norket.desk.policy.views import policy, switch
from norket.desk.readiness.views import ready
from norket.desk.referrals import views as referrals
from norket.desk.register.views import register
from norket.desk.screening import views as screening
from norket.desk.self_check.views import refer, self_check
from norket.desk.session import locked, past
from norket.desk.session.debriefed import debrief
from norket.desk.session.dose_check import dose_check
from norket.desk.session.downtime import downtime
from norket.desk.session.lock import lock, unlock
from norket.desk.session.orders import session_order
from norket.desk.session.quiet import quiet
from norket.desk.session.timeout import time_out
from norket.desk.session.transfer import transfer_sheet
from norket.desk.session.views import recovery, session
from norket.desk.signin.views import demo_signin
from norket.desk.welcome.views import welcome

app_name = "desk"


def routes(mode: str) -> list[URLPattern]:
    """All pages of an installation in this mode."""
    pages = [
        path("", board, name="board"),
        path("roster/", roster.roster, name="roster"),
        path("roster/evacuate/", roster.evacuate, name="evacuate"),
        path("roster/end/", roster.end_evacuation, name="end_evacuation"),
        path("sessions/<uuid:session_id>/account-for/", roster.account_for, name="account_for"),
        path("welcome/", welcome, name="welcome"),
        path("self-check/", self_check, name="self_check"),
        path("refer/", refer, name="refer"),
        path("referrals/", referrals.referrals, name="referrals"),
        path("referrals/waiting/", referrals.waiting, name="referrals_waiting"),
        path("referrals/new/", referrals.referral_new, name="referral_new"),
        path("referrals/<uuid:referral_id>/", referrals.referral, name="referral"),
        path("referrals/<uuid:referral_id>/look/", referrals.look, name="referral_look"),
        path("referrals/<uuid:referral_id>/accept/", referrals.accept, name="referral_accept"),
        path("referrals/<uuid:referral_id>/close/", referrals.close, name="referral_close"),
        path("patients/", patients, name="patients"),
        path("patients/new/", new_patient, name="new_patient"),
        path("patients/<uuid:patient_id>/", patient, name="patient"),
        path("patients/<uuid:patient_id>/chart/", chart, name="chart"),
        path("patients/<uuid:patient_id>/chart/withdraw/", withdraw, name="withdraw"),
        path("patients/<uuid:patient_id>/history/", history, name="history"),
        path("patients/<uuid:patient_id>/history/take-back/", take_back, name="history_take_back"),
        path("patients/<uuid:patient_id>/screening/", screening.page, name="screening"),
        path("patients/<uuid:patient_id>/screening/keep/", screening.keep, name="screening_keep"),
        path("patients/<uuid:patient_id>/screening/answers/", screening.answer, name="answer"),
        path("patients/<uuid:patient_id>/screening/go-on/", screening.go_on, name="go_on"),
        path("patients/<uuid:patient_id>/medicines/", medicines.page, name="medicines"),
        path("patients/<uuid:patient_id>/medicines/decide/", medicines.decide, name="medicine_decide"),
        path("patients/<uuid:patient_id>/medicines/whole/", medicines.whole_list, name="medicines_whole"),
        path("patients/<uuid:patient_id>/medicines/take-back/", medicines.take_back, name="medicine_take_back"),
        path("patients/<uuid:patient_id>/tests/", due.page, name="tests"),
        path("patients/<uuid:patient_id>/tests/order/", due.order, name="test_order"),
        path("patients/<uuid:patient_id>/tests/result/", due.result, name="test_result"),
        path("patients/<uuid:patient_id>/tests/waive/", due.waive, name="test_waive"),
        path("patients/<uuid:patient_id>/tests/take-back/", due.take_back, name="test_take_back"),
        path("patients/<uuid:patient_id>/assessment/", scores.page, name="assessment"),
        path("patients/<uuid:patient_id>/assessment/score/", scores.score, name="assessment_score"),
        path("patients/<uuid:patient_id>/assessment/capacity/", scores.capacity, name="assessment_capacity"),
        path("patients/<uuid:patient_id>/assessment/suicide/", scores.suicide, name="assessment_suicide"),
        path("patients/<uuid:patient_id>/assessment/risk/", scores.risk, name="assessment_risk"),
        path("patients/<uuid:patient_id>/choices/", choices.page, name="choices"),
        path("patients/<uuid:patient_id>/choices/choose/", choices.choose, name="choose"),
        path("patients/<uuid:patient_id>/choices/goal/", choices.set_goal, name="goal"),
        path("patients/<uuid:patient_id>/choices/goal/end/", choices.drop_goal, name="goal_drop"),
        path("patients/<uuid:patient_id>/consent/", consent.page, name="consent"),
        path("patients/<uuid:patient_id>/consent/open/", consent.open_, name="consent_open"),
        path("patients/<uuid:patient_id>/consent/record/", consent.record, name="consent_record"),
        path("patients/<uuid:patient_id>/consent/withdraw/", consent.withdraw, name="consent_withdraw"),
        path("patients/<uuid:patient_id>/consent/void/", consent.void, name="consent_void"),
        path("patients/<uuid:patient_id>/consent/sign/", signing.sign, name="consent_sign"),
        path("patients/<uuid:patient_id>/consent/finish/", signing.finish, name="consent_finish"),
        path("patients/<uuid:patient_id>/consent/back/", signing.back, name="consent_back"),
        path("patients/<uuid:patient_id>/consent/<int:event_n>/", consent.signed, name="consent_signed"),
        path("patients/<uuid:patient_id>/ketamine/", exposure.page, name="exposure"),
        path("patients/<uuid:patient_id>/ketamine/take-back/", exposure.take_back, name="exposure_take_back"),
        path("patients/<uuid:patient_id>/plan/", course.page, name="course"),
        path("patients/<uuid:patient_id>/plan/end/", course.end, name="course_end"),
        path("plans/preview/", course.preview, name="course_preview"),
        path("patients/<uuid:patient_id>/order/", order, name="order"),
        path("orders/preview/", order_preview, name="order_preview"),
        path("service-worker.js", service_worker, name="service_worker"),
        path("sessions/<uuid:session_id>/", session, name="session"),
        path("sessions/<uuid:session_id>/downtime/", downtime, name="downtime"),
        path("lock/", locked.lock, name="lock"),
        path("unlock/", locked.unlock, name="unlock"),
        path("sessions/<uuid:session_id>/lock/", lock, name="session_lock"),
        path("sessions/<uuid:session_id>/unlock/", unlock, name="session_unlock"),
        path("sessions/<uuid:session_id>/recovery/", recovery, name="recovery"),
        path("sessions/<uuid:session_id>/replay/", past.replay, name="replay"),
        path("sessions/<uuid:session_id>/debrief/", debrief, name="debrief"),
        path("sessions/<uuid:session_id>/quiet/", quiet, name="quiet"),
        path("sessions/<uuid:session_id>/record/", past.record, name="session_record"),
        path("sessions/<uuid:session_id>/transfer/", transfer_sheet, name="transfer_sheet"),
        path("sessions/<uuid:session_id>/time-out/", time_out, name="time_out"),
        path("sessions/<uuid:session_id>/dose-check/", dose_check, name="dose_check"),
        path("sessions/<uuid:session_id>/order/", session_order, name="session_order"),
        path("sessions/<uuid:session_id>/closing/", closing.record, name="close_out"),
        path("sessions/<uuid:session_id>/form/", closing.form, name="monitoring_form"),
        path("sessions/<uuid:session_id>/home/", closing.home_sheet, name="home_sheet"),
        path("records/", closing.open_records, name="open_records"),
        path("register/", register, name="register"),
        path("ready/", ready, name="ready"),
        path("policy/", policy, name="policy"),
        path("policy/rescue/", rescue_templates, name="policy_rescue"),
        path("policy/switch/", switch, name="switch"),
        path("knowledge/", entries, name="knowledge"),
        path("knowledge/facts/", founding_facts, name="founding_facts"),
        path("knowledge/<str:entry_id>/", entry, name="knowledge_entry"),
        path("alerts/", alert_load, name="alert_load"),
        path("audit/", audit, name="audit"),
    ]
    if mode == "demo":
        pages.append(path("demo/signin/<slug:role>/", demo_signin, name="demo_signin"))
    return pages


urlpatterns = routes(settings.NORKET_MODE)
