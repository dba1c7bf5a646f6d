#!/usr/bin/env node
import { Command } from 'commander'
import { commands } from './commands.ts'
import { reportError } from './report.ts'
import { version } from './version.ts'

/**
 * Loads only the command that was asked for: a hook or a replica starts in milliseconds, and `ballast validate`
 * never loads the server.
 */
async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('ballast')
    .description(
      'CI/CD for AI models: push a model; see it tested, judged, released, served, and rolled back when worse.',
    )
    .version(version)
    // After a command's name, --version is the command's own.
    .enablePositionalOptions()
    .showHelpAfterError('(ballast --help lists the commands)')
    .showSuggestionAfterError()
  const asked = argv.find(word => !word.startsWith('-'))
  const known =
    asked !== undefined && Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands)
  for (const load of known) program.addCommand(await load())
  await program.parseAsync(argv, { from: 'user' })
}

// The runtime of models reports to nobody. Here, because native code sees what the main thread sets before it sees any
// worker thread: docs/decisions/0023.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
main(process.argv.slice(2)).catch(reportError)
