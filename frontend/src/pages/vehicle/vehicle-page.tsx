import { IconSend } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Vehicle } from '@/api/queries/vehicles'
import { CopyIcon } from '@/ui/copy-button'
import { PageFrame } from '@/ui/page-frame'
import { useSettled } from '@/ui/settled'
import { Loading, QueryStates } from '@/ui/states'
import { ConnectionStatusBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import { CodesCard } from './codes-card'
import { EcuCard } from './ecu-card'
import { HistoryCard } from './history-card'
import { IdentityCard } from './identity-card'
import { PresenceCard } from './presence-card'
import { QueueCard } from './queue-card'
import { QuickCommands } from './quick-commands'
import { SendLink } from './send-link'
import { useVehicle } from './use-vehicle'
import classes from './vehicle.module.css'

const route = getRouteApi('/vehicles/$vehicleId')

export function VehiclePage() {
  const { vehicleId } = route.useParams()
  const query = useVehicle(vehicleId)
  const vehicle = query.data
  return (
    <>
      <nav aria-label="Place" className={classes.place}><Link to="/vehicles" preload={false}>Fleet</Link> / {vehicle?.vin ?? 'vehicle'}</nav>
      <PageFrame
        title={vehicle === undefined ? 'Vehicle' : `${vehicle.make} ${vehicle.model}`} beside={vehicle && <Beside vehicle={vehicle} />}
        actions={vehicle && <SendLink vehicleId={vehicleId} variant="filled" size="sm" leftSection={<IconSend size={16} aria-hidden />}>Send a command</SendLink>}
      >
        <QueryStates query={query} loading={<Loading rows={8} height={40} label="Loading the vehicle" />}>
          {(found) => <Content key={found.vehicle_id} vehicle={found} />}
        </QueryStates>
      </PageFrame>
    </>
  )
}

function Beside({ vehicle }: { readonly vehicle: Vehicle }) {
  return (
    <>
      <span className={classes.vin}><VehicleMark vin={vehicle.vin} /> <VinText vin={vehicle.vin} /> <CopyIcon value={vehicle.vin} what="VIN" /></span>
      <ConnectionStatusBadge status={vehicle.connection_status} cause={vehicle.status_cause} />
    </>
  )
}

function Content({ vehicle }: { readonly vehicle: Vehicle }) {
  const { vehicle_id: vehicleId } = vehicle
  const isSettled = useSettled()
  return (
    <div className={classes.parts} data-settled={isSettled}>
      <div className={classes.quickPlace}><QuickCommands vehicle={vehicle} /></div>
      <div className={`${classes.column ?? ''} ${classes.mainPlace ?? ''}`}>
        <QueueCard vehicle={vehicle} />
        <CodesCard vehicleId={vehicleId} />
        <EcuCard vehicle={vehicle} />
        <HistoryCard vehicleId={vehicleId} />
      </div>
      <div className={`${classes.column ?? ''} ${classes.sidePlace ?? ''}`}>
        <PresenceCard vehicle={vehicle} />
        <IdentityCard vehicle={vehicle} />
      </div>
    </div>
  )
}
