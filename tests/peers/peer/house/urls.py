"""The doors of a hotel, at the paths of ours."""

from django.urls import path

from desk.doors import availability, bookings, properties, reservations, sessions

urlpatterns = [
    path("api/v1/public/property", properties.show),
    path("api/v1/session", sessions.by_link),
    path("api/v1/availability", availability.search),
    path("api/v1/reservations", reservations.show),
    path("api/v1/bookings", bookings.book),
]
