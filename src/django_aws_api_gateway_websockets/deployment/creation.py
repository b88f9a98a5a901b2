"""The API and the custom domain of a row, created in AWS if the row is ready for it."""

from .creation_steps import create_api_step_by_step, create_domain_step_by_step
from .rows import GatewayRow
from .transactions import run_outside_transaction

__all__ = ["create_custom_domain", "create_gateway"]


def create_gateway(gateway: GatewayRow) -> bool:
    """Create the row's API, or finish a run that stopped.

    Each finished step is written to the row at once.

    Returns:
        True when something was created, False when the API was complete already.

    Raises:
        ValueError: there is no endpoint, another run holds the claim, or a transaction is open
            that could undo what is recorded.
    """
    if not gateway.needs_api_creation:
        return False
    if not gateway.target_base_endpoint:
        raise ValueError(
            "Set target_base_endpoint first: the address of the WebSocketView without its route, "
            "such as https://www.example.com/ws/."
        )
    run_outside_transaction(gateway, create_api_step_by_step)
    return True


def create_custom_domain(gateway: GatewayRow) -> None:
    """Create the custom domain of the row's API, or finish a run that stopped.

    A domain name or mapping that exists already in this account is taken as it is.

    Raises:
        ValueError: the API is not complete, the row has no domain name or certificate, or a
            transaction is open that could undo what is recorded.
    """
    if gateway.needs_api_creation:
        raise ValueError(f"{gateway.api_name}: create the API before its custom domain.")
    if not gateway.needs_custom_domain:
        return
    if not gateway.certificate_arn or not gateway.domain_name:
        missing = "domain_name" if gateway.certificate_arn else "certificate_arn"
        raise ValueError(f"{gateway.api_name}: set {missing} first; a custom domain needs it.")
    run_outside_transaction(gateway, create_domain_step_by_step)
