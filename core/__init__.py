"""What every room shares: settings, tables, messages, queues, tenants and answers. Knows nobody."""
