"""SAP Business Network (Ariba): invoices out as cXML, verdicts in as status updates."""
