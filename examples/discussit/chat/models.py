"""A group, what its members say, and who joined and left."""

from operator import attrgetter
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.urls import reverse

MAX_MESSAGE_CHARACTERS = 5_000


class Group(models.Model):
    """A group that users join to share and discuss ideas."""

    uuid = models.UUIDField(default=uuid4, editable=False, unique=True)
    name = models.CharField(max_length=30)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)

    def __str__(self) -> str:
        return f"Group {self.name}-{self.uuid}"

    def get_absolute_url(self) -> str:
        return reverse("group", args=[self.uuid])

    def has_member(self, user: AbstractBaseUser) -> bool:
        return self.members.filter(pk=user.pk).exists()

    def add_user_to_group(self, user: AbstractBaseUser) -> bool:
        """Make the user a member, and tell whether that is new.

        The table's own constraint decides, so that two requests at once write one event.
        """
        with transaction.atomic():
            _, is_new = Group.members.through.objects.get_or_create(group=self, user=user)
            if is_new:
                self.event_set.create(type="Join", user=user)
        return is_new

    def remove_user_from_group(self, user: AbstractBaseUser) -> bool:
        """End the user's membership, and tell whether there was one."""
        with transaction.atomic():
            deleted, _ = Group.members.through.objects.filter(group=self, user=user).delete()
            if deleted:
                self.event_set.create(type="Left", user=user)
        return bool(deleted)

    def add_message(self, author: AbstractBaseUser, text: object) -> "Message | None":
        """Store what a member says; None when it is blank or no text.

        Raises:
            PermissionDenied: the author is not a member.
            ValidationError: the text is too long.
        """
        if not self.has_member(author):
            raise PermissionDenied("You are not a member of this group.")
        content = clean_text(text)
        if not content.strip():
            return None
        if len(content) > MAX_MESSAGE_CHARACTERS:
            raise ValidationError(f"At most {MAX_MESSAGE_CHARACTERS:,} characters fit.")
        return self.message_set.create(author=author, content=content)

    def read_log(self) -> "list[Message | Event]":
        """Return all messages and events, in the order of time."""
        messages = self.message_set.select_related("author").order_by("timestamp", "pk")
        events = self.event_set.order_by("timestamp", "pk")
        return sorted([*messages, *events], key=attrgetter("timestamp"))


class Message(models.Model):
    """Something a member said."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    timestamp = models.DateTimeField(auto_now_add=True)
    content = models.TextField()
    group = models.ForeignKey(Group, on_delete=models.CASCADE)

    def __str__(self) -> str:
        date, time = self.timestamp.date(), self.timestamp.time()
        return f"{self.author}:- {self.content} @{date} {time.hour}:{time.minute:02}"


class Event(models.Model):
    """Somebody who joined or left."""

    TYPES = (("Join", "join"), ("Left", "left"))

    type = models.CharField(choices=TYPES, max_length=10)
    # Wide enough for the longest name of a user (150) and of a group (30).
    description = models.CharField(
        help_text="A description of the event that occurred", max_length=200, editable=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    timestamp = models.DateTimeField(auto_now_add=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.description

    def save(self, *args: object, **kwargs: object) -> None:
        self.description = f"{self.user} {self.type} the {self.group.name} group"
        super().save(*args, **kwargs)


def find_group(uuid: object) -> Group | None:
    """Return the group a client names; None when there is none, or it is no UUID at all."""
    try:
        return Group.objects.filter(uuid=uuid).first()
    except ValidationError:
        return None


def clean_text(text: object) -> str:
    """Return the text without what a database cannot store; "" when it is no text.

    JSON can bring NUL characters and halves of surrogate pairs, PostgreSQL takes neither.
    """
    if not isinstance(text, str):
        return ""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
