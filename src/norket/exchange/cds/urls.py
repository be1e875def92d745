"""The addresses of the CDS Hooks service, as its standard names them."""

from django.urls import path

from norket.exchange.cds import views

app_name = "cds"
urlpatterns = [
    path("cds-services", views.discovery, name="discovery"),
    path("cds-services/", views.discovery, name="discovery"),
    path("cds-services/<str:service>", views.service, name="service"),
    path("cds-services/<str:service>/feedback", views.told, name="feedback"),
]
