#!/bin/sh
# Starts the service that SERVICE names: `docker run -e SERVICE=catalog IMAGE`, and `… IMAGE migrate` to migrate its database only.
# exec, because node itself must be process 1: SIGTERM then reaches it, and it stops without dropping a request. The services start no
# processes of their own, so there is nothing to reap; `--init` does no harm where wanted.
set -eu
main="/app/services/${SERVICE:-}/dist/src/main.js"
if [ ! -f "$main" ]; then
  echo "SERVICE must name a service of this image: $(ls /app/services | tr '\n' ' ')" >&2
  exit 64
fi
exec node --enable-source-maps "$main" "$@"
