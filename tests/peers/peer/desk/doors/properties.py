"""The public door of the house itself."""

from django.views.decorators.http import require_GET

from desk.doors.answers import answer
from desk.models import Property


@require_GET
def show(request):
    """Who the hotel is."""
    house = Property.objects.get()
    return answer(
        {
            "name": house.name,
            "address": house.address,
            "phone": house.phone,
            "email": house.email,
            "checkin_time": house.checkin_time.isoformat(),
            "checkout_time": house.checkout_time.isoformat(),
            "business_date": house.business_date.isoformat(),
        }
    )
