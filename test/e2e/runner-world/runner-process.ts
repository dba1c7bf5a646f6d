/** A runner in a process of its own, so that a test can kill it: `node runner-process.ts '<json options>'`. */
import { type RunnerOptions, runRunner } from '../../../src/runner/index.ts'

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const options = JSON.parse(process.argv[2] ?? '{}') as Omit<RunnerOptions, 'signal'>
await runRunner({ ...options, signal: stop.signal, onReady: sandbox => console.log(`ready ${sandbox}`) })
