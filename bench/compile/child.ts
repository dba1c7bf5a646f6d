/** One measurement in a process of its own: `child.ts NAME` prints a line of JSON. */
import { existsSync, readFileSync } from 'node:fs'
import { formatDiagnostic } from '../../src/core/index.ts'
import { type CompileRequest, dialectOf } from '../../src/pipeline/index.ts'
import { HOSTILE } from './hostile.ts'
import { LEGAL } from './legal.ts'
import type { World } from './world.ts'

const STATUS = '/proc/self/status'
const FILE = '.gitlab-ci.yml'

function requestOf({ text, files = {}, paths = [], words, variables = {} }: World): CompileRequest {
  const texts = new Map([[FILE, text], ...Object.entries(files)])
  const all = [...texts.keys(), ...paths]
  const absent = async () => ({ kind: 'missing', reason: 'there is nothing elsewhere' }) as const
  return {
    file: FILE,
    text,
    files: { list: async () => all, read: async path => texts.get(path), changed: async () => all },
    includes: { project: absent, component: absent, remote: absent },
    trigger: {
      event: 'push',
      ref: 'refs/heads/main',
      commit: 'c'.repeat(40),
      before: 'b'.repeat(40),
      commitMessage: words ?? 'A change',
      commitAuthor: 'Ada <ada@example.com>',
      commitTimestamp: '2026-01-02T03:04:05Z',
      protectedRef: true,
      principal: { id: 'p1', name: 'ada' },
      variables: {},
      inputs: {},
    },
    project: { id: '1', name: 'team/app', defaultBranch: 'main', serverUrl: 'http://127.0.0.1:4400' },
    variables: Object.entries(variables).map(([name, value]) => ({
      name,
      value,
      file: false,
      literal: false,
    })),
  }
}

/** Of this process alone: what getrusage says has the parent in it, whose copy it was before it became itself. */
function peak(): number {
  const own = existsSync(STATUS) ? /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1] : undefined
  return Number(own ?? process.resourceUsage().maxRSS) * 1024
}

const request = requestOf([...LEGAL, ...HOSTILE].find(({ name }) => name === process.argv[2])!.make())
const before = peak()
const started = performance.now()
const used = process.cpuUsage()
const result = await dialectOf('gitlab').compile(request)
const milliseconds = performance.now() - started
const { user, system } = process.cpuUsage(used)
const first = result.diagnostics.find(({ severity }) => severity === 'error')
process.stdout.write(
  JSON.stringify({
    milliseconds,
    processor: (user + system) / 1000,
    before,
    peak: peak(),
    kind: result.kind,
    jobs: result.kind === 'plan' ? result.plan.jobs.length : 0,
    diagnostics: result.diagnostics.length,
    told: first ? formatDiagnostic(first).split('\n')[0]!.slice(0, 200) : '',
  }),
)
