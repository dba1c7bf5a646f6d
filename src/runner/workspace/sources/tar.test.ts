import { execFileSync } from 'node:child_process'
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TarItem, tarOf } from '../../../../test/e2e/runner-world/tar.ts'
import { RunnerError } from '../../errors.ts'
import { linkStaysInside, plainPath } from '../names.ts'
import { extract } from './extract.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-tar-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function* pieces(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += Math.max(1, size)) yield bytes.subarray(at, at + size)
}

describe('an archive', () => {
  test.each([1, 7, 512, 100_000])('is laid out, though it comes %i bytes at a time', async size => {
    const long = `${'deep/'.repeat(40)}file.txt`
    const listing = await extract(
      pieces(
        tarOf([
          {
            path: 'pax_global_header',
            type: 'g',
            content: '52 comment=cccccccccccccccccccccccccccccccccccccccc\n',
          },
          { path: 'model.bin', content: Buffer.alloc(1500, 7) },
          { path: 'run.sh', content: '#!/bin/sh\n', mode: 0o755 },
          { path: 'empty/', type: '5' },
          { path: 'short', content: 'long name', pax: { path: long } },
          { path: 'deep/link', type: '2', target: '../model.bin' },
        ]),
        size,
      ),
      folder,
    )
    expect(await readFile(join(folder, 'model.bin'))).toEqual(Buffer.alloc(1500, 7))
    expect((await lstat(join(folder, 'run.sh'))).mode & 0o777).toBe(0o755)
    expect(await readFile(join(folder, long), 'utf8')).toBe('long name')
    expect(await readlink(join(folder, 'deep/link'))).toBe('../model.bin')
    expect(listing).toMatchObject({
      bytes: 1519,
      files: ['model.bin', 'run.sh', long],
      links: [['deep/link', '../model.bin']],
    })
  })

  test('that `git archive` wrote is laid out', async () => {
    const repository = join(folder, 'repository')
    const git = (...args: string[]): Buffer =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args])
    execFileSync('sh', [
      '-c',
      `git init -q ${repository} && cd ${repository} && mkdir -p a/${'x'.repeat(120)} && echo hi > a/${'x'.repeat(120)}/é.txt && ln -s a b`,
    ])
    git('add', '.')
    git('commit', '-qm', 'x')
    const out = join(folder, 'out')
    execFileSync('mkdir', [out])
    await extract(pieces(git('archive', 'HEAD'), 1000), out)
    expect(await readFile(join(out, 'b', 'x'.repeat(120), 'é.txt'), 'utf8')).toBe('hi\n')
  })

  const hostile: readonly (readonly [string, readonly TarItem[]])[] = [
    ['an absolute path', [{ path: '/etc/cron.d/evil' }]],
    ['a path that climbs', [{ path: 'a/../../evil' }]],
    ['a path that climbs by an extended header', [{ path: 'fine', pax: { path: '../evil' } }]],
    ['a link to elsewhere', [{ path: 'link', type: '2', target: '/etc' }]],
    ['a link that climbs out', [{ path: 'a/link', type: '2', target: '../../x' }]],
    ['a link that climbs after another link', [{ path: 'a/b/link', type: '2', target: 's/../../x' }]],
    [
      'a file through a link',
      [
        { path: 'a', type: '2', target: 'b' },
        { path: 'a/evil', content: 'x' },
      ],
    ],
    ['a hard link', [{ path: 'passwd', type: '1', target: '/etc/passwd' }]],
    ['a device', [{ path: 'sda', type: '3' }]],
    ['a pipe', [{ path: 'fifo', type: '6' }]],
    [
      'a path twice',
      [
        { path: 'a', content: '1' },
        { path: 'a', content: '2' },
      ],
    ],
    [
      'a file and a folder of one name',
      [
        { path: 'a', content: '1' },
        { path: 'a/b', content: '2' },
      ],
    ],
    ['a size beyond its end', [{ path: 'a', content: 'short', claimedSize: 100_000 }]],
    [
      'an extended header that is too long',
      [{ path: 'pax', type: 'x', content: Buffer.alloc(100_000, 0x31) }],
    ],
    ['an extended header whose length lies', [{ path: 'pax', type: 'x', content: '99 path=a\n' }]],
  ]
  test.each(hostile)('with %s is refused, and nothing lies outside', async (_what, items) => {
    const inside = join(folder, 'inside')
    execFileSync('mkdir', [inside])
    await expect(extract(pieces(tarOf(items)), inside)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(await readdir(folder)).toEqual(['inside'])
  })

  test('that tells an impossible total is refused before it is written', async () => {
    const items = [{ path: 'a', content: 'x', pax: { size: String(2 ** 40) } }]
    await expect(extract(pieces(tarOf(items)), folder)).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' })
    expect(await readdir(folder)).toEqual([])
  })

  test('that is cut anywhere, or has any byte turned, is refused or laid out inside: never worse', async () => {
    const whole = tarOf([
      { path: 'a/file', content: 'content' },
      { path: 'x', content: 'y', pax: { path: 'p/q' } },
      { path: 'link', type: '2', target: 'a/file' },
    ])
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const inside = await mkdtemp(join(folder, 'case-'))
        const damaged = cut ? whole.subarray(0, at) : Buffer.from(whole)
        if (!cut) damaged[at] = byte
        try {
          await extract(pieces(damaged), inside)
        } catch (error) {
          expect(error).toBeInstanceOf(RunnerError)
        }
      }),
      { numRuns: 300 },
    )
    expect((await readdir(folder)).every(name => name.startsWith('case-'))).toBe(true)
  })
})

describe('names', () => {
  test.each([
    ['a/b', 'a/b'],
    ['./a/', 'a'],
    ['', undefined],
    ['.', undefined],
    ['a//b', undefined],
    ['a/./b', undefined],
    ['..', undefined],
    ['a/..', undefined],
    ['/a', undefined],
    ['a\0b', undefined],
    ['x'.repeat(256), undefined],
    ['x/'.repeat(2000), undefined],
  ])('%j is %j', (path, plain) => {
    expect(plainPath(path)).toBe(plain)
  })

  test.each([
    ['link', 'file', true],
    ['link', '.', true],
    ['a/b/link', '../..', true],
    ['a/b/link', '../../c/d', true],
    ['a/link', '../..', false],
    ['link', '..', false],
    ['link', 'a/..', false],
    ['link', '/usr', false],
    ['link', '', false],
  ])('a link %s -> %s stays inside: %s', (path, target, inside) => {
    expect(linkStaysInside(path, target)).toBe(inside)
  })
})
