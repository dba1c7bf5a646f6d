import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeMlp } from '../../../test/fixtures/onnx-builder.ts'
import { digestOf } from '../../core/index.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const FIXTURES = new URL('../../../test/fixtures/', import.meta.url).pathname
const LOGISTIC = join(FIXTURES, 'pickle/sklearn/logistic.pkl')
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
/** Protocol 0: GLOBAL, a string, a tuple of it, REDUCE. */
const EVIL = "cos\nsystem\n(S'id'\ntR."
const OWN = '\x80\x02cmypackage.models\nNet\n)\x81}X\x05\x00\x00\x00widthK\x08sb.'
/** The name of a class that clears the screen, writes a title and turns the text around. */
const STEERING = 'c\x1b[2J\x1b]0;owned\x07\nNet\u202e\n)R.'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-cli-'))
  await writeFile(join(folder, 'model.onnx'), writeMlp(8, 4, 2))
  await writeFile(join(folder, 'evil.pkl'), EVIL)
  await writeFile(join(folder, 'own.pkl'), OWN, 'latin1')
  await writeFile(join(folder, 'steering.pkl'), STEERING)
  await writeFile(join(folder, 'calls.pkl'), `cmine\nNet\n(V\u001b[2J\u202e\ntR.`)
})
afterAll(() => rm(folder, { recursive: true }))

interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The command as a process of its own: its exit status and streams are what a script sees. */
function ballast(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env
  return new Promise(done => {
    const options = { cwd: folder, env: { ...rest, ...env }, maxBuffer: 1 << 26 }
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

describe('inspect', () => {
  test('tells what a file is, in lines', async () => {
    const { status, stdout, stderr } = await ballast(['inspect', LOGISTIC])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^pickle \(protocol \d\): scikit-learn LogisticRegression, \d+ B$/)
    expect(lines[1]).toMatch(/^\d+ parameters in \d+ tensors \(/)
    expect(lines[2]).toMatch(/^made by scikit-learn \d/)
    expect(stdout).toMatch(/^ {2}C: 0\.5$/m)
    expect(stdout).toContain(`digest ${digestOf(await readFile(LOGISTIC))}`)
  })

  test('with --tensors, --graph and --stats adds a table of each', async () => {
    const { status, stdout } = await ballast(['inspect', 'model.onnx', '--tensors', '--graph', '--stats'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^in \S+ float32\[\?,8\] → out \S+ float32\[\?,2\]$|^in .* → out .*$/m)
    expect(stdout).toMatch(/^TENSOR +TYPE +SHAPE +SIZE +STORED$/m)
    expect(stdout).toMatch(/^\S+ +float32 +\[8,4\] +128 B$/m)
    expect(stdout).toMatch(/^TENSOR +TYPE +MEAN +STD +MIN +MAX +ZEROS +NAN\/INF +MIN … MAX$/m)
    expect(stdout).toMatch(/^all +\d+ numbers /m)
    expect(stdout).toMatch(/^graph /m)
    expect(stdout).toMatch(/^ {2}\S+ = (?:Gemm|MatMul)\(/m)
  })

  test('says where there is no graph', async () => {
    expect((await ballast(['inspect', LOGISTIC, '--graph'])).stdout).toMatch(
      /there is no graph in it|^graph /m,
    )
  })

  test('--json is the whole description, digest and statistics in it', async () => {
    const { status, stdout } = await ballast(['inspect', 'model.onnx', '--json', '--stats'])
    expect(status).toBe(0)
    const bytes = await readFile(join(folder, 'model.onnx'))
    const told = JSON.parse(stdout)
    expect(told).toMatchObject({
      format: 'onnx',
      framework: 'ONNX',
      size: bytes.length,
      files: [{ path: 'model.onnx', size: bytes.length }],
      digest: digestOf(bytes),
      signature: { inputs: [{ dtype: 'float32' }], outputs: [{ dtype: 'float32' }] },
      graph: { kind: 'dataflow' },
    })
    expect(told.tensors).toHaveLength(told.statistics.tensors.length)
    expect(told.statistics.total.count).toBe(told.parameters)
  })

  test('of a folder opens the model in it, and names several', async () => {
    const two = join(folder, 'two')
    await mkdir(two)
    await copyFile(LOGISTIC, join(two, 'a.pkl'))
    expect((await ballast(['inspect', two])).stdout).toMatch(/^pickle .*LogisticRegression/)
    await copyFile(LOGISTIC, join(two, 'b.pkl'))
    const { status, stderr } = await ballast(['inspect', two])
    expect(status).toBe(1)
    expect(stderr).toMatch(/holds more than one model: a\.pkl, b\.pkl/)
    expect(stderr).toMatch(/hint: Name the file/)
  })

  test('of a SavedModel tells its files as one model', async () => {
    const { stdout } = await ballast(['inspect', join(FIXTURES, 'tensorflow/module')])
    expect(stdout).toMatch(/^tensorflow-savedmodel \(v2\): TensorFlow, [\d.]+ kB in 4 files\n/)
    expect(stdout).toMatch(/^digest sha256:[0-9a-f]{64}$/m)
  })

  test('of a folder of images counts the classes', async () => {
    for (const name of ['cat', 'dog']) {
      await mkdir(join(folder, 'images', name), { recursive: true })
      await writeFile(join(folder, 'images', name, '1.png'), PNG)
    }
    const { status, stdout } = await ballast(['inspect', 'images'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^image-folder/)
    expect(stdout).toMatch(/cat/)
  })

  test('goes by content where the name says something else', async () => {
    await copyFile(LOGISTIC, join(folder, 'model.h5'))
    expect((await ballast(['inspect', 'model.h5'])).stdout).toMatch(/^pickle .*LogisticRegression/)
  })

  test.each([
    ['a file that is not there', 'none.pt', /There is no file none\.pt/],
    ['a folder without a model', 'empty', /empty holds no model file/],
    ['a text', 'notes.txt', /looks like a text file/],
  ])('of %s ends with 1 and says so', async (_, target, message) => {
    await mkdir(join(folder, 'empty'), { recursive: true })
    await writeFile(join(folder, 'notes.txt'), 'hello\n')
    const { status, stdout, stderr } = await ballast(['inspect', target])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('ends quietly when its reader has seen enough', async () => {
    const command = `${process.execPath} ${MAIN} inspect model.onnx --graph --tensors | head -n 1`
    const told = await new Promise<string>(done =>
      execFile('sh', ['-c', command], { cwd: folder }, (_, stdout, stderr) => done(`${stdout}${stderr}`)),
    )
    expect(told).toMatch(/^onnx [^\n]*\n$/)
  })
})

describe('inspect of an address', () => {
  let server: Server
  let base: string
  const asked: string[] = []
  beforeAll(async () => {
    const bytes = await readFile(join(folder, 'model.onnx'))
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`)
      if (request.url?.startsWith('/gone')) return void response.writeHead(404).end()
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      if (from === undefined || request.url?.startsWith('/whole'))
        return void response.writeHead(200).end(bytes)
      const end = to ? Math.min(Number(to), bytes.length - 1) : bytes.length - 1
      const range = `bytes ${from}-${end}/${bytes.length}`
      response.writeHead(206, { 'content-range': range }).end(bytes.subarray(Number(from), end + 1))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('reads ranges, and tells the digest only when asked', async () => {
    const { status, stdout } = await ballast(['inspect', `${base}/m/model.onnx?token=t`])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^onnx \(ir \d+\)/)
    expect(stdout).not.toContain('digest')
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.every(line => /^GET \/m\/model\.onnx\?token=t bytes=\d+-\d+$/.test(line))).toBe(true)
    const whole = await ballast(['inspect', `${base}/m/model.onnx`, '--digest'])
    expect(whole.stdout).toContain(digestOf(await readFile(join(folder, 'model.onnx'))))
  })

  test.each([
    ['gone', '/gone/model.onnx', /There is no file http/],
    ['given whole only', '/whole/model.onnx', /whole files only/],
    ['of no file', '/', /names no file/],
  ])('that is %s is one clear error', async (_, path, message) => {
    const { status, stdout, stderr } = await ballast(['inspect', `${base}${path}`])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('scan', () => {
  test('safe: 0, and one line', async () => {
    const { status, stdout, stderr } = await ballast(['scan', 'model.onnx'])
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'model.onnx: safe: 1 file, nothing found\n',
      stderr: '',
    })
  })

  test('unsafe: 1, with what, where, why, the rule and the opcodes', async () => {
    const { status, stdout } = await ballast(['scan', 'evil.pkl'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^evil\.pkl: unsafe: 1 file, 1 finding\n/)
    expect(stdout).toMatch(/^unsafe: evil\.pkl, byte \d+: os\.system is called with \('id'\)/m)
    expect(stdout).toMatch(/^ {4}Loading the file runs it.*\[pickle\/dangerous-call\]$/m)
    expect(stdout).toMatch(/^ {4}opcodes: REDUCE at \d+ ← /m)
  })

  test('unknown: 1', async () => {
    const { status, stdout } = await ballast(['scan', 'own.pkl'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^own\.pkl: unknown: .*\nunknown: own\.pkl, byte \d+: mypackage\.models\.Net/)
  })

  test('a folder: every file in it, the gravest findings first', async () => {
    const mixed = join(folder, 'mixed')
    await mkdir(join(mixed, 'deep'), { recursive: true })
    await copyFile(join(folder, 'own.pkl'), join(mixed, 'a.pkl'))
    await copyFile(join(folder, 'model.onnx'), join(mixed, 'b.onnx'))
    await copyFile(join(folder, 'evil.pkl'), join(mixed, 'deep/c.pkl'))
    const { status, stdout } = await ballast(['scan', 'mixed'])
    expect(status).toBe(1)
    const places = stdout.split('\n').filter(line => /^(?:unsafe|unknown): /.test(line))
    expect(stdout).toMatch(/^mixed: unsafe: 3 files, 2 findings\n/)
    expect(places.map(line => line.split(',')[0])).toEqual(['unsafe: deep/c.pkl', 'unknown: a.pkl'])
  })

  test('a file that is not there: 2', async () => {
    const { status, stdout, stderr } = await ballast(['scan', 'none.pkl'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/There is no file none\.pkl/)
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read: 2', async () => {
    await copyFile(LOGISTIC, join(folder, 'locked.pkl'))
    await chmod(join(folder, 'locked.pkl'), 0)
    expect((await ballast(['scan', 'locked.pkl'])).status).toBe(2)
  })

  test('a pointer of Git LFS is no model: there is nothing to scan', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`
    await writeFile(join(folder, 'pointer.pkl'), pointer)
    const { status, stdout } = await ballast(['scan', 'pointer.pkl'])
    expect(status).not.toBe(0)
    expect(stdout).toMatch(/Git LFS pointer/)
    expect(stdout).toContain('[file/pointer]')
  })

  test('links: the named one is followed; in a folder those that lead out or dangle are unreadable', async () => {
    const linked = join(folder, 'linked')
    await mkdir(join(linked, 'deep'), { recursive: true })
    await copyFile(join(folder, 'model.onnx'), join(linked, 'model.onnx'))
    await symlink('../model.onnx', join(linked, 'deep/within.onnx'))
    await symlink('.', join(linked, 'circle'))
    expect((await ballast(['scan', 'linked'])).stdout).toBe('linked: safe: 2 files, nothing found\n')
    await symlink('../evil.pkl', join(linked, 'model.pkl'))
    await symlink('nowhere', join(linked, 'deep/dangling.pkl'))
    const whole = await ballast(['scan', 'linked'])
    expect(whole.status).toBe(2)
    expect(whole.stdout).toMatch(/^linked: unknown: 4 files, nothing found, 2 unreadable\n/)
    expect(whole.stdout).toMatch(/^unreadable: model\.pkl: /m)
    expect(whole.stdout).toMatch(/^unreadable: deep\/dangling\.pkl: /m)
    const named = await ballast(['scan', 'linked/model.pkl'])
    expect(named.status).toBe(1)
    expect(named.stdout).toContain('os.system')
  })

  test('an empty folder is not safe: 2', async () => {
    await mkdir(join(folder, 'nothing'))
    const { status, stdout, stderr } = await ballast(['scan', 'nothing'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/nothing holds no file/)
  })

  test('--json is the report with digests, and the status stays', async () => {
    const { status, stdout, stderr } = await ballast(['scan', 'evil.pkl', '--json'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      rules: expect.any(String),
      name: 'evil.pkl',
      verdict: 'unsafe',
      files: [{ path: 'evil.pkl', verdict: 'unsafe', digest: digestOf(Buffer.from(EVIL)) }],
      findings: [{ rule: 'pickle/dangerous-call', level: 'unsafe', at: { file: 'evil.pkl' } }],
      counts: { files: 1, unsafe: 1, unknown: 0, unreadable: 0 },
    })
  })

  test('--json tells of an error as JSON too', async () => {
    const { status, stderr } = await ballast(['scan', 'none.pkl', '--json'])
    expect(status).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FILE_UNREADABLE' } })
  })

  test('--sarif writes a file beside the lines, or goes to standard output', async () => {
    const { status, stdout } = await ballast(['scan', 'evil.pkl', '--sarif', 'found.sarif'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^evil\.pkl: unsafe/)
    const written = JSON.parse(await readFile(join(folder, 'found.sarif'), 'utf8'))
    const direct = JSON.parse((await ballast(['scan', 'evil.pkl', '--sarif'])).stdout)
    expect(direct).toEqual(written)
    expect(written).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'pickle/dangerous-call', level: 'error' }] }],
    })
  })
})

describe('on a terminal', () => {
  test.each([
    ['inspect', 'steering.pkl'],
    ['scan', 'calls.pkl'],
  ])('%s %s prints no control character of the file', async (command, file) => {
    const { stdout, stderr } = await ballast([command, file])
    expect(`${stdout}${stderr}`).toContain('Net')
    expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })

  test('colours are there where they are wanted, and never with NO_COLOR', async () => {
    expect((await ballast(['scan', 'evil.pkl'])).stdout).not.toContain('\u001b')
    expect((await ballast(['scan', 'evil.pkl'], { NO_COLOR: '1' })).stdout).not.toContain('\u001b')
    expect((await ballast(['scan', 'none'], { NO_COLOR: '1' })).stderr).not.toContain('\u001b')
  })
})

test.each(['bash', 'zsh', 'fish'])('completion for %s knows the commands and their options', async shell => {
  const { status, stdout } = await ballast(['completion', shell])
  expect(status).toBe(0)
  expect(stdout).toMatch(/\bscan inspect convert optimize pack unpack evaluate\b/)
  expect(stdout).toMatch(/\bscan\b.*--json --sarif\b/)
  expect(stdout).toMatch(/\binspect\b.*--tensors --graph --stats --digest --json\b/)
})
