/** What tests prepare through the API: accounts, vehicles, finished commands. The page under test is never given this token. */
import type { components } from '../../src/contracts/openapi.ts'
import { admin, type Server } from './server.ts'

type Schemas = components['schemas']
export type Vehicle = Schemas['VehicleOut']
export type Command = Schemas['CommandOut']
export type Role = Schemas['Role']

export const memberPassword = 'quiet-meadow-compass-17'

export class Api {
  private token: string | null = null
  private readonly server: Server

  constructor(server: Server) {
    this.server = server
  }

  /** Makes the account; that it is there already is fine. */
  async account(username: string, role: Role): Promise<{ username: string; password: string }> {
    const { status } = await this.call('POST', '/api/v1/users', { username, role, password: memberPassword })
    if (status !== 201 && status !== 409) throw new Error(`account ${username}: ${String(status)}`)
    return { username, password: memberPassword }
  }

  async vehicle(ending: string): Promise<Vehicle> {
    const { body } = await this.call('GET', '/api/v1/vehicles?limit=200')
    const found = (body as { items: Vehicle[] }).items.find(({ vin }) => vin.endsWith(ending))
    if (found === undefined) throw new Error(`no vehicle whose VIN ends in ${ending}`)
    return found
  }

  /** Gives the vehicle once it answers: presence is found out after the start of the server. */
  async connected(ending: string): Promise<Vehicle> {
    return this.present(ending, 'connected')
  }

  /** A mock vehicle of its own for a test; `settings` as in `sim:?delay=6`. The name is the model. */
  async mockVehicle(name: string, settings: string, presence: Vehicle['connection_status'] = 'connected'): Promise<Vehicle> {
    // The second half of a VIN: letters I, O and Q do not occur there.
    const vin = `TESTVHCL0${String(Date.now() % 100_000_000).padStart(8, '0')}`
    const { status, body } = await this.call('POST', '/api/v1/vehicles', { vin, make: 'Test', model: name, year: 2024, address: `sim:?${settings}` })
    if (status !== 201) throw new Error(`vehicle ${name}: ${String(status)} ${JSON.stringify(body)}`)
    return this.present(vin, presence)
  }

  private async present(ending: string, presence: Vehicle['connection_status']): Promise<Vehicle> {
    return until(`vehicle ${ending} ${presence}`, async () => {
      const vehicle = await this.vehicle(ending)
      return vehicle.connection_status === presence ? vehicle : null
    })
  }

  async send(vehicle: Vehicle, name: string, params: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Command> {
    const { status, body } = await this.call('POST', '/api/v1/commands', {
      vehicle_id: vehicle.vehicle_id, command_name: name, command_params: params, ...more,
    })
    if (status !== 201 && status !== 202) throw new Error(`${name}: ${String(status)} ${JSON.stringify(body)}`)
    return body as Command
  }

  async ended(commandId: string): Promise<Command> {
    return until(`command ${commandId} ended`, async () => {
      const command = (await this.call('GET', `/api/v1/commands/${commandId}`)).body as Command
      return command.status === 'pending' || command.status === 'in_progress' ? null : command
    })
  }

  async commandsOf(vehicle: Vehicle): Promise<readonly Command[]> {
    const { body } = await this.call('GET', `/api/v1/commands?vehicle_id=${vehicle.vehicle_id}&limit=100`)
    return (body as { items: Command[] }).items
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    this.token ??= await this.signIn()
    const answer = await this.once(method, path, this.token, body)
    if (answer.status !== 401) return answer
    this.token = await this.signIn()
    return this.once(method, path, this.token, body)
  }

  private async signIn(): Promise<string> {
    const { status, body } = await this.once('POST', '/api/v1/auth/login', null, admin)
    if (status !== 200) throw new Error(`sign-in of the administrator: ${String(status)} ${JSON.stringify(body)}`)
    return (body as { access_token: string }).access_token
  }

  private async once(method: string, path: string, token: string | null, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${this.server.origin}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(path === '/api/v1/commands' && method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) }
  }
}

export async function until<T>(what: string, ask: () => Promise<T | null>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const found = await ask()
    if (found !== null) return found
    if (Date.now() > deadline) throw new Error(`not within ${String(withinMs / 1000)} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
