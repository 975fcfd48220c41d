"""A price split into net, service charge and PB1, exactly to the rupiah."""


def percent(amount: int, basis_points: int) -> int:
    """So many basis points of a positive amount, rounded half up."""
    return (amount * basis_points + 5_000) // 10_000


def total(house, prices) -> dict:
    """The sum of nights, each split by itself."""
    net = service = pb1 = 0
    for price in prices:
        night_service = percent(price, house.service_bp)
        net += price
        service += night_service
        pb1 += percent(price + night_service, house.pb1_bp)
    return {"net_idr": net, "service_idr": service, "pb1_idr": pb1, "gross_idr": net + service + pb1}
