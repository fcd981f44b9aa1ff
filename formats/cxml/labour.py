"""Labour on a service line: who worked as what, under whom, where, and on which time card (InvoiceLaborDetail)."""

from lxml import etree

from formats.cxml.draft import Draft
from formats.cxml.parties import put_address
from formats.cxml.xml import put, put_text
from gateway.packet import Labour


def pay_code(labour: Labour, draft: Draft) -> str:
    """The receiver's word for how an hour is paid, else ours."""
    return draft.dialect.pay_codes.get(labour.pay_code, str(labour.pay_code))


def put_labour_detail(item: etree._Element, labour: Labour, draft: Draft) -> None:
    """InvoiceLaborDetail, as far as the packet knows."""
    language = draft.dialect.language
    detail = put(item, "InvoiceLaborDetail")
    contractor = put(detail, "Contractor")
    put(contractor, "ContractorIdentifier", labour.worker_id, domain="supplierReferenceID")
    name = put(contractor, "Contact", role="contractor")
    put_text(name, "Name", labour.worker_name or labour.worker_id, language)
    job = put(detail, "JobDescription")
    put_text(job, "Description", labour.classification, language)
    if labour.supervisor:
        put_text(put(put(detail, "Supervisor"), "Contact", role="supervisor"), "Name", labour.supervisor, language)
    if labour.work_location:
        put_address(put(detail, "WorkLocation"), labour.work_location, draft.dialect)
    if labour.timesheet_id:
        put(put(detail, "InvoiceTimeCardDetail"), "TimeCardIDInfo", timeCardID=labour.timesheet_id)
