#!/usr/bin/env bash
# Connects, chooses a random number, reads its settings; all three anew when descriptor 10 says that it was restored or checkpointed.
# usage: notice.sh PORT SETTINGS
set -eu

begin() { # AWAY
    RANDOM=$(od -An -N2 -tu2 /dev/urandom) # seeds it: else all restores of one image would choose alike
    read -r place <"$settings"
    exec 11<>"/dev/tcp/127.0.0.1/$port"
    echo "shell $place $RANDOM$RANDOM $1" >&11
}

port=$1 settings=$2
[[ -p $settings.notice ]] || mkfifo "$settings.notice"
exec 10<>"$settings.notice"
begin -
while read -r _ seconds <&10; do # restored SECONDS, checkpointed SECONDS
    begin "$seconds"
done
