"""The company's side: accounts, bills, payments, tariffs, outages, behind one interface."""
