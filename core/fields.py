"""Model fields that more than one floor needs."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.secrets import seal, unseal


class SealedField(models.BinaryField):  # type: ignore[type-arg]  # generic for the type checker only, not when it runs
    """A JSON value kept sealed (core.secrets), bound to its table, column and the row's `uuid`.

    Reading the attribute opens it each time (no plain text is kept on the instance); assigning seals it. The model needs a `uuid`
    field declared before this one, with a default.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, name, SealedAttribute(self))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # The default reads the attribute, which would open it on its way to the database.
        return model_instance.__dict__.get(self.attname)

    def value_from_object(self, obj: models.Model) -> Any:
        return None


class SealedAttribute:
    def __init__(self, field: SealedField) -> None:
        self.field = field

    def bound_to(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}|{self.field.column}|{instance.uuid}"  # type: ignore[attr-defined]  # documented need

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            # Left out by `defer` or `only`, like any column: read when asked for, never taken for empty.
            instance.refresh_from_db(fields=[self.field.attname])
        sealed = instance.__dict__.get(self.field.attname)
        return None if sealed is None else unseal(bytes(sealed), bound_to=self.bound_to(instance))

    def __set__(self, instance: models.Model, value: Any) -> None:
        if value is None or isinstance(value, bytes | memoryview):
            instance.__dict__[self.field.attname] = value
        else:
            instance.__dict__[self.field.attname] = seal(value, bound_to=self.bound_to(instance))
