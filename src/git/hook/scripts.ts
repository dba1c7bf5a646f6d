import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../core/index.ts'

/**
 * Hooks are `sh` with its builtins: a tenth of the time that a Node process takes to start. Descriptor 3 is a socket to the
 * server that receive-pack was started with and its hooks inherit: no address to find, no key to guess, and no
 * other process can speak as this push.
 *
 * To the server: the hook's name, a line for each push option (`o`), the folder of its quarantine (`q`), a line for
 * each ref (`+` not a fast-forward, `-` one), `end`. An option with a line end in it would forge lines, and ends the push.
 * From the server: `> text` is printed, `exit N` ends. A closed socket ends pre-receive as refused.
 */
const LISTEN = `while IFS= read -r line <&3; do
  case $line in
    'exit 0') exit 0 ;;
    'exit '*) exit 1 ;;
    '> '*) printf '%s\\n' "\${line#> }" ;;
  esac
done`

/** The server reads no longer lines than 1024 bytes. */
const MAX_OPTION_BYTES = 1000

const PRE_RECEIVE = `#!/bin/sh
none=0000000000000000000000000000000000000000
newline='
'
{
  printf 'pre-receive\\n'
  n=0
  while [ "$n" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do
    eval "option=\\$GIT_PUSH_OPTION_$n"
    case $option in
      *"$newline"*) echo 'A push option has more than one line; nothing was changed.' >&2; exit 1 ;;
    esac
    if [ \${#option} -gt ${MAX_OPTION_BYTES} ]; then
      echo 'A push option has more than ${MAX_OPTION_BYTES} bytes; nothing was changed.' >&2
      exit 1
    fi
    printf 'o %s\\n' "$option"
    n=$((n + 1))
  done
  if [ -n "\${GIT_QUARANTINE_PATH:-}" ]; then printf 'q %s\\n' "\${GIT_QUARANTINE_PATH##*/}"; fi
  while read -r before after ref; do
    forced=-
    if [ "$before" != $none ] && [ "$after" != $none ]; then
      case $ref in
        refs/tags/*) forced=+ ;;
        *) git merge-base --is-ancestor "$before" "$after" </dev/null >/dev/null 2>&1 || forced=+ ;;
      esac
    fi
    printf '%s %s %s %s\\n' "$forced" "$before" "$after" "$ref"
  done
  printf 'end\\n'
} >&3
${LISTEN}
echo 'Ballast did not answer; nothing was changed. Try again.'
exit 1
`

const POST_RECEIVE = `#!/bin/sh
while read -r change; do :; done
printf 'post-receive\\nend\\n' >&3
${LISTEN}
exit 0
`

/** Writes the hooks into a private folder, replacing an older release's. */
export async function installHooks(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await replaceFile(join(folder, 'pre-receive'), PRE_RECEIVE, 0o700)
  await replaceFile(join(folder, 'post-receive'), POST_RECEIVE, 0o700)
}
