import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'

const KEYS = join(import.meta.dirname, '..', 'fixtures', 'inference', 'front')
/** Of localhost; nobody trusts it who was not told to. */
export const CERTIFICATE: string = readFileSync(join(KEYS, 'first.cert.pem'), 'utf8')
const TLS = { cert: CERTIFICATE, key: readFileSync(join(KEYS, 'first.key.pem'), 'utf8') }

export interface Letter {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and text, lines as they came. */
  readonly data: string
  readonly encrypted: boolean
  /** `user:password`, where it logged in. */
  readonly login: string | undefined
}

export interface SmtpOptions {
  readonly tls: 'at once' | 'starttls' | 'none'
  readonly login?: string
  /** A mailbox that there is not. */
  readonly refused?: string
  /** Replies instead of the usual ones, by command. */
  readonly replies?: Readonly<Record<string, string>>
}

/** A mail server of RFC 5321, 3207 and 4954, as far as a client that sends one letter needs it. */
export class SmtpServer {
  readonly letters: Letter[] = []
  /** All lines that came before encryption. */
  readonly plain: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(options: SmtpOptions) {
    const serve = (socket: Socket, encrypted: boolean) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      new Conversation(this, socket, options, encrypted).begin()
    }
    this.#server =
      options.tls === 'at once'
        ? createTlsServer(TLS, socket => serve(socket, true))
        : createServer(socket => serve(socket, false))
  }

  static async start(options: SmtpOptions): Promise<SmtpServer> {
    const server = new SmtpServer(options)
    await new Promise<void>(resolve => server.#server.listen(0, '0.0.0.0', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

class Conversation {
  readonly #server: SmtpServer
  readonly #options: SmtpOptions
  #socket: Socket
  #encrypted: boolean
  #rest = ''
  #from = ''
  #to: string[] = []
  #login: string | undefined
  #data: string[] | undefined

  constructor(server: SmtpServer, socket: Socket, options: SmtpOptions, encrypted: boolean) {
    this.#server = server
    this.#socket = socket
    this.#options = options
    this.#encrypted = encrypted
  }

  begin(): void {
    this.#listen()
    this.#say(this.#options.replies?.['GREETING'] ?? '220 mail.test ESMTP')
  }

  #listen(): void {
    this.#socket.on('data', (bytes: Buffer) => {
      this.#rest += bytes.toString('latin1')
      for (let end = this.#rest.indexOf('\r\n'); end >= 0; end = this.#rest.indexOf('\r\n')) {
        const line = this.#rest.slice(0, end)
        this.#rest = this.#rest.slice(end + 2)
        if (!this.#encrypted) this.#server.plain.push(line)
        this.#line(line)
      }
    })
  }

  #line(line: string): void {
    const reply = this.#data ? this.#content(this.#data, line) : this.#reply(line)
    if (reply === undefined) return
    this.#say(reply)
    if (reply.startsWith('220')) this.#encrypt()
    if (reply.startsWith('221')) this.#socket.end()
  }

  #reply(line: string): string {
    const word = line.split(/[ :]/)[0]!.toUpperCase()
    const { tls, login, replies } = this.#options
    const told = replies?.[word]
    if (told !== undefined) return told
    switch (word) {
      case 'EHLO':
        return this.#abilities()
      case 'STARTTLS':
        return tls === 'starttls' ? '220 go ahead' : '502 no'
      case 'AUTH':
        return this.#logIn(line)
      case 'MAIL':
        this.#from = /<(.*?)>/.exec(line)?.[1] ?? ''
        return login && !this.#login ? '530 log in first' : '250 ok'
      case 'RCPT':
        return this.#recipient(/<(.*?)>/.exec(line)?.[1] ?? '')
      case 'DATA':
        this.#data = []
        return '354 end with a dot'
      case 'QUIT':
        return '221 bye'
      default:
        return '250 ok'
    }
  }

  #recipient(address: string): string {
    if (address === this.#options.refused) return '550 no such mailbox'
    this.#to.push(address)
    return '250 ok'
  }

  #abilities(): string {
    const offers = [
      ...(this.#options.tls === 'starttls' && !this.#encrypted ? ['STARTTLS'] : []),
      ...(this.#options.login && this.#encrypted ? ['AUTH PLAIN'] : []),
    ]
    return ['mail.test', ...offers]
      .map((line, i) => `250${i === offers.length ? ' ' : '-'}${line}`)
      .join('\r\n')
  }

  #logIn(line: string): string {
    const said = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8')
    const [, user, password] = said.split('\0')
    const login = `${user}:${password}`
    if (login !== this.#options.login) return '535 wrong user or password'
    this.#login = login
    return '235 welcome'
  }

  #content(lines: string[], line: string): string | undefined {
    if (line !== '.') {
      lines.push(line.replace(/^\.\./, '.'))
      return undefined
    }
    this.#data = undefined
    const data = lines.join('\r\n')
    const letter = { from: this.#from, to: this.#to, data, encrypted: this.#encrypted, login: this.#login }
    this.#server.letters.push(letter)
    this.#to = []
    return '250 2.0.0 taken'
  }

  #encrypt(): void {
    this.#socket.removeAllListeners('data')
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext: createSecureContext(TLS) })
    this.#socket.on('error', () => {})
    this.#encrypted = true
    this.#listen()
  }

  #say(text: string): void {
    this.#socket.write(`${text}\r\n`)
  }
}
