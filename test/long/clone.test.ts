import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '../../src/core/index.ts'
import { formatPointer } from '../../src/git/index.ts'
import { clientEnvironment, type GitWorld, type Ran, startGitWorld, TOKEN, until } from '../e2e/git-world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')
const MODEL = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251))
const LABELS = Buffer.from('zero\none\n')
const gitLfs = await tool('git-lfs', ['version'])

let world: GitWorld
let lfs: FakeLfs

beforeEach(async () => {
  world = await startGitWorld()
  lfs = new FakeLfs()
  const [gitDoor] = world.server.listeners('request') as [
    (...args: [IncomingMessage, ServerResponse]) => void,
  ]
  world.server.removeAllListeners('request')
  world.server.on('request', (request, response) => {
    if (request.url?.includes('/info/lfs/')) void lfs.answer(request, response)
    else gitDoor(request, response)
  })
  for (const content of [MODEL, LABELS]) lfs.objects.set(digestOf(content), content)
  await commit({
    '.gitattributes': '*.onnx filter=lfs diff=lfs merge=lfs -text\nlabels/* filter=lfs\n',
    'README.md': 'digits\n',
    'model.onnx': pointerTo(MODEL),
    'copy of.onnx': pointerTo(MODEL),
    "labels/it's 模型.txt": pointerTo(LABELS),
    'docs.txt': pointerTo(LABELS),
  })
})
afterEach(() => world.stop())

const pointerTo = (bytes: Uint8Array) => formatPointer({ digest: digestOf(bytes), size: bytes.byteLength })

/** Pushed as a client without git-lfs would. */
async function commit(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(world.folder, 'work'), { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const path = join(world.folder, 'work', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  await chmod(join(world.folder, 'work', 'model.onnx'), 0o755)
  await world.git('work', 'init', '-q', '-b', 'main')
  await world.git('work', 'add', '.')
  await world.git('work', 'commit', '-q', '-m', 'files')
  const { code, stderr } = await world.git('work', 'push', '-q', `${world.url}/digits.git`, 'main')
  expect(code, stderr).toBe(0)
}

/** `ballast clone` as a user's shell starts it; without git-lfs where `bare`. */
async function ballastClone(args: readonly string[], { bare = false } = {}): Promise<Ran> {
  const path = bare ? await pathWithoutLfs() : process.env['PATH']
  const env = {
    ...clientEnvironment(),
    PATH: path,
    XDG_CONFIG_HOME: join(world.folder, 'config'),
    BALLAST_URL: `http://127.0.0.1:${world.port}`,
    BALLAST_TOKEN: TOKEN,
  }
  return tool(process.execPath, [ENTRY, 'clone', ...args], { cwd: world.folder, env })
}

async function pathWithoutLfs(): Promise<string> {
  const folder = join(world.folder, 'bin')
  await mkdir(folder, { recursive: true })
  for (const name of ['git', 'sh', 'cat']) {
    const { stdout } = await tool('sh', ['-c', `command -v ${name}`])
    await symlink(stdout.trim(), join(folder, name)).catch(() => undefined)
  }
  return folder
}

const laid = (name: string) => readFile(join(world.folder, 'digits', name))

test('a clone has the files, the index knows them, and pointers that no attribute names stay', async () => {
  const { code, stdout, stderr } = await ballastClone(['digits'], { bare: true })
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('3 files of Git LFS')
  expect(stdout).toContain('git-lfs is not installed here')
  expect(await laid('model.onnx')).toEqual(MODEL)
  expect(await laid('copy of.onnx')).toEqual(MODEL)
  expect(await laid("labels/it's 模型.txt")).toEqual(LABELS)
  expect(String(await laid('docs.txt'))).toBe(pointerTo(LABELS))
  expect((await stat(join(world.folder, 'digits', 'model.onnx'))).mode & 0o111).toBe(0o111)
  expect(await world.git('digits', 'status', '--porcelain')).toMatchObject({ code: 0, stdout: '' })
  expect(lfs.downloads).toBe(2)
  const config = await readFile(join(world.folder, 'digits', '.git', 'config'), 'utf8')
  expect(config).not.toContain(TOKEN)
  expect(config).not.toContain('filter')
})

test.skipIf(gitLfs.code !== 0)('git-lfs finds nothing to do in it', async () => {
  expect((await ballastClone([`http://127.0.0.1:${world.port}/digits.git`])).code).toBe(0)
  const fsck = await world.git('digits', 'lfs', 'fsck')
  expect(fsck, fsck.stdout + fsck.stderr).toMatchObject({ code: 0 })
  const { stdout } = await world.git('digits', 'lfs', 'ls-files')
  expect(stdout.match(/ \* /g)).toHaveLength(3)
  expect(await world.git('digits', 'status', '--porcelain')).toMatchObject({ stdout: '' })
  expect(await readdir(join(world.folder, 'digits', '.git', 'hooks'))).toContain('pre-push')
})

test('for machines it is one value, without a secret', async () => {
  const { stdout } = await ballastClone([`${world.url}/digits.git`, 'here', '--json'])
  expect(stdout).not.toContain(TOKEN)
  const bytes = 2 * MODEL.length + LABELS.length
  expect(JSON.parse(stdout)).toMatchObject({
    directory: join(world.folder, 'here'),
    url: `http://127.0.0.1:${world.port}/digits.git`,
    lfs: { files: 3, bytes, fetchedBytes: MODEL.length + LABELS.length },
  })
})

describe('a transfer', () => {
  test('that breaks off goes on where it was', async () => {
    lfs.breaksAfter = 120_000
    const temporary = join(world.folder, 'digits', '.git', 'lfs', 'tmp')
    const part = `${digestOf(MODEL).slice(7)}.part`
    lfs.taken = end =>
      until(
        async () => (await stat(join(temporary, part)).catch(() => undefined))?.size === end,
        `${end} bytes`,
      )
    const { code, stderr } = await ballastClone(['digits'])
    expect(code, stderr).toBe(0)
    expect(await laid('model.onnx')).toEqual(MODEL)
    expect(lfs.ranges).toEqual(['bytes=120000-', 'bytes=240000-'])
  })

  test('that fails leaves a repository; the same command goes on with the rest', async () => {
    lfs.objects.delete(digestOf(MODEL))
    const failed = await ballastClone(['digits'])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('git lfs push --all')
    expect(String(await laid('model.onnx'))).toBe(pointerTo(MODEL))
    lfs.objects.set(digestOf(MODEL), MODEL)
    const again = await ballastClone(['digits'])
    expect(again.code, again.stderr).toBe(0)
    expect(await laid('model.onnx')).toEqual(MODEL)
  })

  test('of other bytes lays nothing', async () => {
    lfs.objects.set(digestOf(MODEL), Buffer.alloc(MODEL.length))
    const { code, stderr } = await ballastClone(['digits'])
    expect(code).toBe(1)
    expect(stderr).toContain(digestOf(MODEL))
    expect(String(await laid('model.onnx'))).toBe(pointerTo(MODEL))
    const kept = await readdir(join(world.folder, 'digits', '.git', 'lfs'), { recursive: true })
    expect(kept.filter(name => name.includes(digestOf(MODEL).slice(7)))).toEqual([])
  })

  test('whose address has expired is asked for anew', async () => {
    lfs.expires = 1
    expect((await ballastClone(['digits'])).code).toBe(0)
    expect(await laid('model.onnx')).toEqual(MODEL)
  })
})

test('a file that somebody has changed since is not written over', async () => {
  lfs.objects.delete(digestOf(MODEL))
  await ballastClone(['digits'])
  await writeFile(join(world.folder, 'digits', 'model.onnx'), 'my own work'.repeat(1000))
  await rm(join(world.folder, 'digits', 'copy of.onnx'))
  await symlink('/etc/hostname', join(world.folder, 'digits', 'copy of.onnx'))
  lfs.objects.set(digestOf(MODEL), MODEL)
  expect((await ballastClone(['digits'])).code).toBe(0)
  expect(String(await laid('model.onnx'))).toContain('my own work')
  expect(await laid("labels/it's 模型.txt")).toEqual(LABELS)
})

test('another server that the repository names is not asked', async () => {
  await commit({ '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/elsewhere\n' })
  const { code, stderr } = await ballastClone(['digits'])
  expect(code).toBe(1)
  expect(stderr).toContain('another server')
  expect(stderr).toContain('git lfs pull')
})

test.each([
  [['nowhere'], 'could not clone'],
  [['digits', 'work'], 'a clone of something else'],
  [['--depth', '0', 'digits'], 'number of commits'],
])('clone %j ends with words', async (args, words) => {
  const { code, stderr } = await ballastClone(args)
  expect(code).not.toBe(0)
  expect(stderr).toContain(words)
})

/** The download half of an LFS server, which can misbehave. */
class FakeLfs {
  readonly objects = new Map<Digest, Buffer>()
  readonly ranges: string[] = []
  downloads = 0
  /** Each answer's connection breaks after so many bytes. */
  breaksAfter = Number.POSITIVE_INFINITY
  /** Resolves when the client has taken the bytes up to here: what is under way is lost with a connection. */
  taken: (end: number) => Promise<void> = async () => undefined
  /** So many first addresses are refused. */
  expires = 0

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const expected = `:${TOKEN}`
    const [, encoded = ''] = (request.headers.authorization ?? '').split(' ')
    if (!Buffer.from(encoded, 'base64').toString().endsWith(expected)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('{}')
    } else if (request.url?.endsWith('/objects/batch')) await this.#batch(request, response)
    else this.#download(request, response)
  }

  async #batch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { objects } = (await json(request)) as { objects: { oid: string; size: number }[] }
    const root = `http://${request.headers.host}/digits.git/info/lfs/objects`
    const answers = objects.map(object => ({
      ...object,
      ...(this.objects.has(`sha256:${object.oid}` as Digest)
        ? { actions: { download: { href: `${root}/${object.oid}` } } }
        : { error: { code: 404, message: 'not here' } }),
    }))
    response.end(JSON.stringify({ objects: answers }))
  }

  #download(request: IncomingMessage, response: ServerResponse): void {
    this.downloads++
    const { range } = request.headers
    if (range) this.ranges.push(range)
    if (this.expires-- > 0) {
      response.writeHead(403).end()
      return
    }
    const bytes = this.objects.get(`sha256:${request.url?.split('/').at(-1)}` as Digest)!
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const part = bytes.subarray(start)
    response.writeHead(range ? 206 : 200, {
      'content-length': part.length,
      ...(range && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    })
    if (part.length <= this.breaksAfter) response.end(part)
    else {
      response.write(part.subarray(0, this.breaksAfter))
      void this.taken(start + this.breaksAfter).then(() => response.destroy())
    }
  }
}

function tool(file: string, args: readonly string[], options: object = {}): Promise<Ran> {
  return new Promise(resolve => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
        stdout: String(stdout),
        stderr: String(stderr),
      })
    })
  })
}
