from django.contrib.auth.models import Permission

from django_aws_api_gateway_websockets.models import ChannelPermission


def restrict():
    """Let staff into one channel; into another whoever may (A and B) or C."""
    ChannelPermission.objects.update_or_create(
        channel_name="staff-room", defaults={"access": ChannelPermission.Access.STAFF_ONLY}
    )
    board, _ = ChannelPermission.objects.update_or_create(
        channel_name="board", defaults={"access": ChannelPermission.Access.PERMISSIONS}
    )
    board.rules.all().delete()
    for codenames in [["view_user", "view_group"], ["change_user"]]:
        board.rules.create().permissions.set(Permission.objects.filter(codename__in=codenames))
