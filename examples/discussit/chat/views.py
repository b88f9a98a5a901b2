"""The two pages. They show how things stand; what happens then comes over the socket."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.models import MAX_MESSAGE_CHARACTERS, Group


@require_safe
@never_cache
@login_required
def show_home(request: HttpRequest) -> HttpResponse:
    """Show all groups, and what the user can do with each."""
    own = Group.members.through.objects.filter(group=OuterRef("pk"), user=request.user)
    groups = Group.objects.annotate(is_joined=Exists(own)).order_by("name", "pk")
    return render(request, "chat/home.html", {"groups": groups, "channel": "home"})


@require_safe
@never_cache
@login_required
def show_group(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a group's log and members to its members, and nothing to others."""
    group = get_object_or_404(Group, uuid=uuid)
    if not group.has_member(request.user):
        return render(request, "chat/not_a_member.html", {"group": group}, status=403)
    context = {
        "group": group,
        "channel": str(group.uuid),
        "log": group.read_log(),
        "members": group.members.order_by("username"),
        "max_message_characters": MAX_MESSAGE_CHARACTERS,
    }
    return render(request, "chat/groupchat.html", context)
