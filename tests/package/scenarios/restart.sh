# A restart of ccd is no event for jobs and clients.
scenario() { survive systemctl restart ccd.service; }
