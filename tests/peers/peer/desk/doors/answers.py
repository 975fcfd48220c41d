"""How doors answer."""

from functools import wraps

from django.http import JsonResponse


def answer(value, status=200) -> JsonResponse:
    """JSON without blanks."""
    return JsonResponse(value, status=status, json_dumps_params={"separators": (",", ":"), "ensure_ascii": False})


def refuse(status: int, code: str, detail: str, **more) -> JsonResponse:
    """A problem."""
    return answer({"status": status, "code": code, "detail": detail, **more}, status)


def for_staff(permission: str):
    """Lets in who is signed in and has the permission."""

    def guarded(door):
        @wraps(door)
        def guard(request):
            if not request.user.is_authenticated:
                return refuse(401, "sign-in", "Sign in.")
            if not request.user.has_perm(permission):
                return refuse(403, "forbidden", "You have no permission for this.")
            return door(request)

        return guard

    return guarded
