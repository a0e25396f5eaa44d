import type { Vehicle } from '@/api/queries/vehicles'
import { formatQuantity } from '@/domain/durations'
import { linkName } from '@/domain/presence'
import { safeState } from '@/domain/presence-safe-state'
import { CopyIcon } from '@/ui/copy-button'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import { Card } from './card'
import classes from './vehicle.module.css'

const linkWords = {
  DoIP: 'classic ECUs over DoIP (ISO 13400)',
  SOVD: 'its own SOVD server (ISO 17978)',
  Mock: 'built-in mock vehicle',
  Other: 'other link',
} as const

export function IdentityCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const { vin, make, model, year, address, metadata, created_at: createdAt, vehicle_id: id, settings } = vehicle
  const notes = Object.entries(metadata).filter(([, value]) => value !== null && value !== '')
  return (
    <Card title="Identity and settings">
      <dl className={classes.facts}>
        <dt>VIN</dt>
        <dd><span className={layout.mono}>{vin}</span> <CopyIcon value={vin} what="VIN" /></dd>
        <dt>Vehicle</dt>
        <dd>{make} {model}{year === null ? '' : `, ${String(year)}`}</dd>
        <dt>Reached by</dt>
        <dd>{linkWords[linkName(address)]}</dd>
        <dt>Address</dt>
        <dd><span className={layout.mono}>{address}</span> <CopyIcon value={address} what="address" /></dd>
        {notes.map(([name, value]) => (
          <div key={name} className={classes.pair}>
            <dt>{name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')}</dt>
            <dd>{formatQuantity(value)}</dd>
          </div>
        ))}
        <dt>Safe state</dt>
        <dd><SafeState settings={settings} /></dd>
        <dt>Registered</dt>
        <dd><Moment at={createdAt} /></dd>
        <dt>Id</dt>
        <dd><span className={layout.mono}>{id}</span> <CopyIcon value={id} what="id" /></dd>
      </dl>
    </Card>
  )
}

function SafeState({ settings }: { readonly settings: Vehicle['settings'] }) {
  const { summary, conditions } = safeState(settings)
  return (
    <>
      {summary}
      {conditions.length > 0 && <ul className={classes.list}>{conditions.map((condition) => <li key={condition}>{condition}</li>)}</ul>}
    </>
  )
}
