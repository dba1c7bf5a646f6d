import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { marked } from '../../process/tree.ts'
import { type Confinement, DEFAULT_PATH, type Executor, type Places, usualVariables } from '../executor.ts'
import { processSignals } from './signals.ts'

/** What programs need of /etc. By name: the rest holds keys and passwords. */
const ETC = [
  'alternatives',
  'ca-certificates',
  'crypto-policies',
  'fonts',
  'gai.conf',
  'group',
  'host.conf',
  'hosts',
  'java-11-openjdk',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'magic',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'perl',
  'pki/ca-trust',
  'pki/tls/certs',
  'protocols',
  'python3',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
]
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** The first ordinary user of most systems; inside only. */
const INNER_ID = '1000'

/** Part of the machine's layout that a sandbox copies: read once. */
export interface HostLayout {
  /** Folders of programs and libraries. */
  readonly folders: readonly string[]
  /** Path and target of those that are links into them (`/bin` -> `usr/bin`). */
  readonly links: readonly (readonly [string, string])[]
  /** Files and folders of /etc that exist. */
  readonly etc: readonly string[]
}

export function readHostLayout(): HostLayout {
  const folders: string[] = []
  const links: [string, string][] = []
  for (const path of SYSTEM.filter(path => existsSync(path))) {
    if (lstatSync(path).isSymbolicLink()) links.push([path, readlinkSync(path)])
    else folders.push(path)
  }
  return { folders, links, etc: ETC.map(name => `/etc/${name}`).filter(path => existsSync(path)) }
}

export interface BubblewrapOptions {
  readonly program: string
  readonly host: HostLayout
  /** Give the job a user of its own. Where the kernel refuses it to root, capabilities are dropped instead. */
  readonly userNamespace: boolean
  readonly tools: readonly string[]
  /** Files to show as /etc/passwd and /etc/group, so that the inner user has a name. */
  readonly accounts?: { readonly passwd: string; readonly group: string }
}

/** The places as a sandboxed job sees them. */
export const INSIDE: Places = {
  workspace: '/workspace',
  home: '/home/ballast',
  tmp: '/tmp',
  given: '/run/ballast',
  out: '/run/ballast-out',
}

/**
 * Jobs see the system's programs, a few files of /etc, their own workspace, home and /tmp (folders of the
 * attempt, on disk), and nothing else: no other file of the machine is there to be read. The processes live in
 * a pid namespace whose first process is the job's shell: when it ends the kernel kills the rest.
 */
export function bubblewrapArguments(
  options: BubblewrapOptions,
  places: Places,
  { network, readable, attempt }: Omit<Confinement, 'slot'>,
): readonly string[] {
  const { host, userNamespace, tools, accounts } = options
  const args: string[] = userNamespace
    ? ['--unshare-user', '--uid', INNER_ID, '--gid', INNER_ID]
    : ['--cap-drop', 'ALL']
  args.push(
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--hostname',
    'ballast',
  )
  if (!network) args.push('--unshare-net')
  // By this mark they are found when the shim above them was killed.
  args.push('--setenv', 'BALLAST_ATTEMPT', attempt)
  args.push('--new-session', '--as-pid-1')
  for (const folder of host.folders) args.push('--ro-bind', folder, folder)
  for (const [path, target] of host.links) args.push('--symlink', target, path)
  for (const path of host.etc) args.push('--ro-bind-try', path, path)
  if (accounts)
    args.push('--ro-bind', accounts.passwd, '/etc/passwd', '--ro-bind', accounts.group, '/etc/group')
  args.push('--proc', '/proc', '--dev', '/dev')
  // Native libraries choose their code by what the processor can do.
  args.push('--ro-bind-try', '/sys/devices/system/cpu', '/sys/devices/system/cpu')
  args.push('--bind', places.tmp, INSIDE.tmp, '--dir', '/var', '--symlink', '../tmp', '/var/tmp')
  for (const path of [...tools, ...readable]) args.push('--ro-bind', path, path)
  args.push('--bind', places.workspace, INSIDE.workspace, '--bind', places.home, INSIDE.home)
  args.push('--ro-bind', places.given, INSIDE.given, '--bind', places.out, INSIDE.out)
  args.push('--remount-ro', '/', '--chdir', INSIDE.workspace)
  return args
}

export function bubblewrapExecutor(options: BubblewrapOptions): Executor {
  return {
    kind: 'bubblewrap',
    usual: seen => usualVariables([...options.tools.map(binOf), DEFAULT_PATH].join(':'), seen),
    seen: () => INSIDE,
    owner: () => undefined,
    refusal: () => undefined,
    command: (places, confinement) => [
      options.program,
      ...bubblewrapArguments(options, places, confinement),
      '/bin/sh',
      '-e',
      `${INSIDE.given}/job.sh`,
    ],
    ...processSignals(() => [], marked),
  }
}

/** The folder of a tool's programs: its `bin`, or itself; for a program its folder. */
export function binOf(tool: string): string {
  if (existsSync(`${tool}/bin`)) return `${tool}/bin`
  return existsSync(tool) && lstatSync(tool).isFile() ? dirname(tool) : tool
}
