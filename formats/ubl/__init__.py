"""UBL 2.1: e-invoices (Invoice, CreditNote) in the terms of EN 16931, read into the invoice of a packet."""

from formats.ubl.reader import LINE_KINDS, EmbeddedFile, UblInvoice, invoice_from

__all__ = ["LINE_KINDS", "EmbeddedFile", "UblInvoice", "invoice_from"]
