import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { type JobFlags, jobArguments, withJobOptions } from './runner-options.ts'

function parsed(args: readonly string[]): JobFlags {
  const command = withJobOptions(
    new Command('runner').exitOverride().configureOutput({ writeErr: () => undefined }),
  )
  return command.parse(args, { from: 'user' }).opts()
}

describe('the options of a runner', () => {
  test.each([
    { args: [], flags: { label: [], untagged: true, executor: 'auto', concurrency: 4 } },
    { args: ['--label', 'gpu', '--label', 'linux', '--label', 'gpu'], flags: { label: ['gpu', 'linux'] } },
    { args: ['--no-untagged'], flags: { untagged: false } },
    {
      args: ['--executor', 'container', '--image', 'debian:12'],
      flags: { executor: 'container', image: 'debian:12' },
    },
    { args: ['--concurrency', '8', '--cpus', '7.5'], flags: { concurrency: 8, cpus: 7.5 } },
    { args: ['--memory', '16GiB'], flags: { memory: 16 * 1024 ** 3 } },
  ])('$args', ({ args, flags }) => {
    expect(parsed(args)).toMatchObject(flags)
    // `ballast up` hands them on to its runner.
    expect(parsed(jobArguments(parsed(args)))).toEqual(parsed(args))
  })

  test.each([
    ['--label', ''],
    ['--label', 'x'.repeat(101)],
    ['--concurrency', '0'],
    ['--concurrency', '65'],
    ['--cpus', 'many'],
    ['--cpus', '0'],
    ['--memory', '16'],
    ['--executor', 'vm'],
  ])('%s %s is refused', (...args) => {
    expect(() => parsed(args)).toThrow(/argument|Expected/)
  })
})
