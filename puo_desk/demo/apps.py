from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "puo_desk.demo"
    label = "demo"
    verbose_name = "Demo desk"
