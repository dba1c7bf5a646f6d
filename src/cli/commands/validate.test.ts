import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validate-'))
})
afterEach(() => rm(folder, { recursive: true }))

const PROGRAM = `
  import { Command } from 'commander'
  import { validateCommand } from ${JSON.stringify(new URL('./validate.ts', import.meta.url).href)}
  await new Command().addCommand(validateCommand()).parseAsync(process.argv.slice(1), { from: 'user' })
`

/** Runs the command as a process of its own: its exit status and streams are what a script sees. */
function validate(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise(done => {
    const node = ['--input-type=module', '--eval', PROGRAM, '--', 'validate', ...args]
    execFile(process.execPath, node, { env: { ...process.env, NO_COLOR: '1' } }, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}

test('a valid file: what a push would run, on standard output', async () => {
  const text =
    'model: model.onnx\njobs: { unit: { run: npm test } }\ndeploy: { production: { approve: maintainers } }'
  await write({ 'ballast.yaml': text, 'model.onnx': '' })
  const { status, stdout, stderr } = await validate(folder)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.split('\n').map(line => line.trim())).toEqual([
    expect.stringMatching(/ballast\.yaml is valid: model .* \(generic\) from model\.onnx$/),
    'A push to main runs:',
    'unit               at once',
    'scan               at once',
    'inspect            after scan',
    'register           after inspect, unit',
    'deploy:production  after register; canary 5 % → 25 % → 50 % → 100 %; waits for approval',
    '',
  ])
})

test('mistakes: every one on standard error, without colours in a pipe, and status 1', async () => {
  await write({ 'ballast.yaml': 'modle: m.onnx\njobs: { a: { run: x, needs: b } }', 'm.onnx': '' })
  const { status, stdout, stderr } = await validate(join(folder, 'ballast.yaml'))
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(
    "ballast.yaml:1:1: error: There is no key 'modle' in ballast.yaml (did you mean 'model'?)",
  )
  expect(stderr).toContain("error: Job 'a' needs 'b', and there is no such job")
  expect(stderr).toMatch(/3 errors, 0 warnings\n$/)
  expect(stderr).not.toContain('\u001b')
})

test('--json: one object for scripts', async () => {
  await write({ 'only.onnx': '', 'labels.txt': '' })
  const { status, stdout } = await validate(folder, '--json', '--branch', 'topic')
  expect(status).toBe(0)
  const { diagnostics, repository, plan } = JSON.parse(stdout)
  expect(diagnostics).toEqual([])
  expect(repository.model).toMatchObject({ file: 'only.onnx', labels: 'labels.txt' })
  expect(plan.jobs.map((job: { name: string }) => job.name)).toEqual(['scan', 'inspect', 'register'])
  expect(plan.jobs[2].skip).toContain("'topic'")
})
