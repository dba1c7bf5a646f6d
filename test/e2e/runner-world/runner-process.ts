/** A runner in a process of its own, so that a test can kill it: `node runner-process.ts '<json options>'`. */
import { type RunnerOptions, runRunner } from '../../../src/runner/index.ts'

type Given = Omit<RunnerOptions, 'signal' | 'drain'> & { readonly drain?: boolean }

const [stop, drain] = [new AbortController(), new AbortController()]
const { drain: drains = false, ...options } = JSON.parse(process.argv[2] ?? '{}') as Given
process.once('SIGTERM', () => (drains ? drain : stop).abort())
await runRunner({
  ...options,
  signal: stop.signal,
  drain: drain.signal,
  onReady: sandbox => console.log(`ready ${sandbox}`),
})
