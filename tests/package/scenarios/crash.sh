# ccd is killed, and systemd starts it again: no event for jobs and clients.
scenario() { survive systemctl kill --signal=KILL --kill-whom=main ccd.service; }
