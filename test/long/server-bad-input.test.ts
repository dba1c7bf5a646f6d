import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { type Ran, run, startWorld, type World } from '../server/world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')

let world: World
let folder: string
let taken: Server
let takenPort: number

beforeAll(async () => {
  world = await startWorld()
  folder = await mkdtemp(join(tmpdir(), 'ballast-bad-'))
  taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  takenPort = typeof address === 'object' && address ? address.port : 0
})
afterAll(async () => {
  taken.close()
  await world.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The real command, in a folder of its own with these files; `@` begins the target of a link. */
async function ballast(
  name: string,
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Ran & { readonly directory: string }> {
  const directory = join(folder, name.replaceAll(/[^a-z]+/gi, '-'))
  await mkdir(directory, { recursive: true })
  for (const [file, content] of Object.entries(files)) {
    if (typeof content === 'string' && content.startsWith('@'))
      await symlink(content.slice(1), join(directory, file))
    else await writeFile(join(directory, file), content)
  }
  const clean = {
    PATH: process.env['PATH'],
    HOME: directory,
    XDG_CONFIG_HOME: directory,
    NO_COLOR: '1',
    ...env,
  }
  return { directory, ...(await run(process.execPath, [ENTRY, ...args], directory, clean)) }
}

/** One clear error: what, what to do, status 1, no stack. */
function expectClear({ code, stderr }: Ran, message: RegExp, hint: RegExp = /^hint: .+/m): void {
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(hint)
  expect(stderr.match(/^error: /gm)).toHaveLength(1)
  expect(stderr).not.toMatch(/^\s+at .*[:(]\d+/m)
  expect(code).toBe(1)
}

const MODEL = writeMlp(8, 4, 2)
const CSV = 'f1,f2,label\n1,2,0\n3,4,1\n'
const EVALUATED = 'model: model.onnx\nevaluate: { data: test.csv }\n'

describe('a file that is no good', () => {
  test.each([
    { what: 'broken YAML', yaml: 'model: [\n', at: /ballast\.yaml:\d+:\d+: error/ },
    {
      what: 'an unknown key',
      yaml: 'model: model.onnx\ngatess: []\n',
      at: /ballast\.yaml:2:1: error.*'gatess'.*gates/,
    },
    {
      what: 'a model that is not there',
      yaml: 'model: other.onnx\n',
      at: /ballast\.yaml:1:8: error.*'other\.onnx'/,
    },
  ])('$what: validate says where, and what was meant', async ({ what, yaml, at }) => {
    const { code, stdout, stderr } = await ballast(what, ['validate'], {
      'ballast.yaml': yaml,
      'model.onnx': MODEL,
    })
    expect(`${stdout}${stderr}`).toMatch(at)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })

  test.each([
    { what: 'no model', args: ['inspect', 'none.onnx'], files: {}, message: /There is no file none\.onnx/ },
    {
      what: 'text for a model',
      args: ['inspect', 'model.onnx'],
      files: { 'model.onnx': 'hello, world\n' },
      message: /looks like a text file/,
    },
    {
      what: 'a cut-off model',
      args: ['inspect', 'model.onnx'],
      files: { 'model.onnx': MODEL.subarray(0, MODEL.length - 40) },
      message: /truncated|ends|cut/i,
    },
    {
      what: 'a model behind a link that leads out',
      args: ['evaluate'],
      files: { 'ballast.yaml': EVALUATED, 'model.onnx': '@/etc/passwd', 'test.csv': CSV },
      message: /leads out of/,
    },
    {
      what: 'data behind a link that leads out',
      args: ['gate'],
      files: { 'ballast.yaml': EVALUATED, 'model.onnx': MODEL, 'test.csv': '@/etc/passwd' },
      message: /leads out of/,
    },
    {
      what: 'data that does not fit the model',
      args: ['evaluate'],
      files: { 'ballast.yaml': EVALUATED, 'model.onnx': MODEL, 'test.csv': CSV },
      message: /\b(2|8)\b/,
    },
    {
      what: 'no data',
      args: ['evaluate'],
      files: { 'ballast.yaml': 'model: model.onnx\n', 'model.onnx': MODEL },
      message: /names no data/,
    },
    { what: 'no folder', args: ['evaluate', '--folder', 'nowhere'], files: {}, message: /nowhere/ },
  ])('$what', async ({ what, args, files, message }) => {
    expectClear(await ballast(what, args, files), message)
  })
})

describe('a server that is no good', () => {
  test('an unreachable one', async () => {
    const env = { BALLAST_URL: 'http://127.0.0.1:2', BALLAST_TOKEN: 'blst_x' }
    expectClear(
      await ballast('unreachable', ['project', 'list'], {}, env),
      /No answer from http:\/\/127\.0\.0\.1:2/,
    )
  })

  test('a wrong token; logging in with it keeps nothing', async () => {
    const env = { BALLAST_URL: world.url, BALLAST_TOKEN: 'blst_wrong' }
    expectClear(
      await ballast('wrong token', ['project', 'list'], {}, env),
      /token is unknown, revoked or expired/,
    )
    const login = await ballast('login', ['login', world.url, '--token-file', 'token'], {
      token: 'blst_wrong\n',
    })
    expectClear(login, /token is unknown, revoked or expired/)
    expect(await readdir(login.directory)).toStrictEqual(['token'])
    expectClear(await ballast('login without', ['login', world.url, '--token-file', 'none']), /none/)
  })

  test('none at all', async () => {
    expectClear(await ballast('no server', ['model', 'list']), /No server is known/, /ballast login/)
  })

  test('a used port: told before anything is written', async () => {
    const args = ['server', '--data', 'state', '--listen', `127.0.0.1:${takenPort}`]
    const ran = await ballast('used port', args)
    expectClear(ran, new RegExp(`Port ${takenPort} of 127\\.0\\.0\\.1 is in use`))
    const left = await readdir(join(ran.directory, 'state'), { recursive: true })
    expect(left.filter(name => /\.db|secrets|blobs/.test(name))).toStrictEqual([])
  })

  test('a state folder that is a file', async () => {
    const ran = await ballast('file for a folder', ['server', '--data', 'state', '--listen', '127.0.0.1:0'], {
      state: 'x',
    })
    expectClear(ran, /state/)
  })
})

test('a command that does not exist: the nearest one is named', async () => {
  const { code, stderr } = await ballast('unknown', ['rolback', 'digits'])
  expect(stderr).toMatch(/unknown command 'rolback'/)
  expect(stderr).toMatch(/Did you mean rollback\?/)
  expect(code).toBe(1)
})

test('for machines, errors are JSON', async () => {
  const { stderr, code } = await ballast('json', ['inspect', 'none.onnx', '--json'])
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FILE_UNREADABLE', hint: expect.any(String) } })
  expect(code).toBe(1)
})

test.skipIf(process.getuid?.() !== 0)(
  'a full disk is told as that (needs root, for a file system of its own)',
  async ({ skip }) => {
    const small = join(folder, 'small')
    await mkdir(small)
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], folder)
    if (mounted.code !== 0) return skip(`no tmpfs here: ${mounted.stderr.trim()}`)
    try {
      const args = ['server', '--data', join(small, 'state'), '--listen', '127.0.0.1:0']
      const ran = await ballast('full disk', args)
      expectClear(ran, /full|no space|ENOSPC/i)
    } finally {
      await run('umount', [small], folder)
    }
  },
)
