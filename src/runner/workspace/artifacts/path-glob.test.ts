import { describe, expect, test } from 'vitest'
import { PathGlob } from './path-glob.ts'

describe('a pattern', () => {
  test.each([
    { glob: 'binaries/', path: 'binaries', is: true },
    { glob: './binaries', path: 'binaries', is: true },
    { glob: 'binaries/*.apk', path: 'binaries/a.apk', is: true },
    { glob: 'binaries/*.apk', path: 'binaries/a/b.apk', is: false },
    { glob: 'binaries/**/*.apk', path: 'binaries/b.apk', is: true },
    { glob: 'binaries/**/*.apk', path: 'binaries/a/c/b.apk', is: true },
    { glob: '**/node_modules', path: 'node_modules', is: true },
    { glob: '**/node_modules', path: 'a/b/node_modules', is: true },
    { glob: '**/node_modules', path: 'a/node_modules_of_mine', is: false },
    { glob: '**/a/**/b', path: 'a/x/a/y/b', is: true },
    { glob: '**/a/**/b', path: 'x/b/a', is: false },
    { glob: 'a**b', path: 'axxb', is: true },
    { glob: 'a**b', path: 'a/b', is: false },
    { glob: '*', path: '.hidden', is: true },
    { glob: '?.txt', path: 'é.txt', is: true },
    { glob: '?.txt', path: '🙂.txt', is: true },
    { glob: '?.txt', path: '.txt', is: false },
    { glob: 'v[0-9].bin', path: 'v7.bin', is: true },
    { glob: 'v[^0-9].bin', path: 'v7.bin', is: false },
    { glob: 'v[!0-9].bin', path: 'vx.bin', is: true },
    { glob: 'v[a-].bin', path: 'v-.bin', is: true },
    { glob: 'v[0', path: 'v[0', is: true },
    { glob: '{dist,build}/*.{js,css}', path: 'build/a.css', is: true },
    { glob: '{dist,build}/*.{js,css}', path: 'out/a.css', is: false },
    { glob: 'a{b,{c,d}e}f', path: 'adef', is: true },
    { glob: 'a{b', path: 'a{b', is: true },
    { glob: '\\*.txt', path: '*.txt', is: true },
    { glob: '\\*.txt', path: 'a.txt', is: false },
    { glob: '.', path: 'any/thing', is: true },
    { glob: '__proto__', path: '__proto__', is: true },
  ])('$glob on $path: $is', ({ glob, path, is }) => {
    expect(new PathGlob(glob).matches(path)).toBe(is)
  })

  test.each([
    { glob: 'dist/js/*.js', folder: 'dist', may: true },
    { glob: 'dist/js/*.js', folder: 'dist/css', may: false },
    { glob: 'dist/js/*.js', folder: 'dist/js', may: true },
    { glob: 'dist/js', folder: 'dist/js', may: false },
    { glob: '**/x', folder: 'any/where', may: true },
    { glob: '{a,b}/c', folder: 'b', may: true },
  ])('$glob below $folder: $may', ({ glob, folder, may }) => {
    expect(new PathGlob(glob).mayMatchBelow(folder)).toBe(may)
  })

  test.each([['x'.repeat(400)], ['{a,b}'.repeat(20)], [`${'{'.repeat(150)}a,b${'}'.repeat(149)}`]])(
    'that is hostile ends at once: %#',
    text => {
      const glob = new PathGlob(text)
      expect(glob.matches('a'.repeat(300))).toBe(false)
    },
  )

  test('that could be matched in countless ways is matched in one', () => {
    const name = `${'a'.repeat(250)}b`
    expect(new PathGlob(`${'*a'.repeat(100)}c`).matches(name)).toBe(false)
    expect(new PathGlob(`${'**/a/'.repeat(40)}c`).matches(`${'a/'.repeat(1500)}b`)).toBe(false)
  })
})
