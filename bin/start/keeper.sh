#!/bin/sh
# Waits until start.mjs is gone, which closes this script's standard input even after kill -9, and then ends what it has
# recorded in the folder $1: files "<rank>-<name>.pid" with "pid begin signal boot". After an orderly stop there is nothing left.
trap '' INT TERM HUP
cat >/dev/null
cd "$1" 2>/dev/null || exit 0

# Is process $1 the one that began at $2? A number alone may have been given to another process.
same() {
  [ -r "/proc/$1/stat" ] || return 1
  read -r line <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2086
  set -- "$2" ${line##*) }
  [ "$2" != Z ] && [ "${21}" = "$1" ]
}
# Sends signal $1, or the recorded one, to every process of rank $2; false when there is none.
tell() {
  some=1
  for file in "$2"-*.pid; do
    [ -f "$file" ] && read -r pid begin signal boot <"$file" || continue
    if same "$pid" "$begin"; then
      some=0
      case $1 in
        recorded) kill -"$signal" "$pid" 2>/dev/null ;;
        0) ;;
        *) kill -"$1" "$pid" 2>/dev/null ;;
      esac
    else
      rm -f "$file"
    fi
  done
  return $some
}
for rank in 1 2 3 4; do
  tell recorded $rank || continue
  i=0
  while [ $i -lt 100 ] && tell 0 $rank; do
    sleep 0.1
    i=$((i + 1))
  done
  # PostgreSQL is never killed: QUIT ends it at once and keeps its data whole.
  [ $rank -eq 4 ] && last=QUIT || last=KILL
  tell $last $rank
done
