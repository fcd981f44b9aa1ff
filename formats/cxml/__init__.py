"""cXML: an invoice packet as an InvoiceDetailRequest, and what a receiver's Response says."""
