"""The formats that come with the desk. Importing a module here registers it."""

from tickets.imports.formats.csv_mapping import MappedCsv
from tickets.imports.formats.servicenow_log import ServiceNowLog

__all__ = ["MappedCsv", "ServiceNowLog"]
