import type { components } from '@/contracts/openapi'

type Vehicle = components['schemas']['VehicleOut']
type Command = components['schemas']['CommandOut']

const at = '2026-01-01T00:00:00Z'

/** A connected vehicle; its id ends like its VIN. */
export function vehicleOut(serial: string, more: Partial<Vehicle> = {}): Vehicle {
  return {
    vehicle_id: `22222222-2222-4222-8222-222222${serial}`, vin: `WVWZZZAU5RP${serial}`, make: 'Volkswagen', model: 'Golf', year: 2024,
    address: 'sim:', metadata: {}, settings: {}, connection_status: 'connected', status_cause: null, status_since: at, last_seen_at: at, created_at: at, ...more,
  }
}

export function commandOut(commandId: string, vehicleId: string, more: Partial<Command> = {}): Command {
  return {
    command_id: commandId, vehicle_id: vehicleId, user_id: 'u', command_name: 'ReadDTC', command_params: {}, status: 'pending', status_reason: null,
    error: null, attempt: 1, cancel_requested_at: null, correlation_id: 'c', expires_at: at, queue_position: 1, reason: null, started_at: null,
    submitted_at: at, completed_at: null, timeout_s: 30, ...more,
  }
}
