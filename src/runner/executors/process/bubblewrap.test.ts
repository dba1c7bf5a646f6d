import { describe, expect, test } from 'vitest'
import type { Places } from '../executor.ts'
import { type BubblewrapOptions, bubblewrapArguments } from './bubblewrap.ts'

const PLACES: Places = {
  workspace: '/state/a/workspace',
  home: '/state/a/home',
  tmp: '/state/a/tmp',
  given: '/state/a/given',
  out: '/state/a/out',
}
const OPTIONS: BubblewrapOptions = {
  program: 'bwrap',
  host: { folders: ['/usr'], links: [['/bin', 'usr/bin']], etc: ['/etc/hosts', '/etc/ssl/certs'] },
  userNamespace: true,
  tools: ['/opt/conda'],
  accounts: { passwd: '/state/passwd', group: '/state/group' },
}

function built(change: Partial<BubblewrapOptions> = {}, confinement = {}): string {
  return bubblewrapArguments({ ...OPTIONS, ...change }, PLACES, {
    network: true,
    readable: [],
    attempt: 'att_1',
    ...confinement,
  }).join(' ')
}

/** Pairs of what is writable inside. */
function writable(args: string): string[] {
  return [...args.matchAll(/(?:^| )--bind (\S+) (\S+)/g)].map(([, from, to]) => `${from} ${to}`)
}

describe('the arguments of bubblewrap', () => {
  test('let a job write its own places and nothing else', () => {
    expect(writable(built())).toEqual([
      '/state/a/tmp /tmp',
      '/state/a/workspace /workspace',
      '/state/a/home /home/ballast',
      '/state/a/out /run/ballast-out',
    ])
    expect(built()).toMatch(/--remount-ro \/ --chdir \/workspace$/)
  })

  test('show programs, named files of /etc and tools read-only, and never a folder above the places', () => {
    const shown = [...built().matchAll(/--ro-bind(?:-try)? (\S+) (\S+)/g)].map(([, from]) => from)
    expect(shown).toEqual([
      '/usr',
      '/etc/hosts',
      '/etc/ssl/certs',
      '/state/passwd',
      '/state/group',
      '/sys/devices/system/cpu',
      '/opt/conda',
      '/state/a/given',
    ])
  })

  test('kill everything with the job’s shell, but not with the runner', () => {
    expect(built()).toContain('--unshare-pid')
    expect(built()).toContain('--as-pid-1')
    expect(built()).not.toContain('--die-with-parent')
  })

  test.each([
    [true, {}, '--unshare-user --uid 1000'],
    [false, {}, '--cap-drop ALL'],
  ])('with a user namespace %s', (userNamespace, confinement, expected) => {
    expect(built({ userNamespace }, confinement)).toContain(expected)
  })

  test('take the network away where it is not to be had', () => {
    expect(built({}, { network: false })).toContain('--unshare-net')
    expect(built()).not.toContain('--unshare-net')
  })
})
