from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "puo_desk.kernel"
    label = "kernel"
