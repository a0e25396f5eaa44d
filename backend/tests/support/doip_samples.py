"""Hypothesis strategies for DoIP messages."""

from hypothesis import strategies as st

from app.protocols.doip.messages import (
    AliveCheckRequest,
    AliveCheckResponse,
    DiagnosticAck,
    DiagnosticMessage,
    DiagnosticNack,
    DoipMessage,
    EntityStatusRequest,
    EntityStatusResponse,
    HeaderNack,
    PowerModeRequest,
    PowerModeResponse,
    RoutingActivationRequest,
    RoutingActivationResponse,
    VehicleAnnouncement,
    VehicleIdentificationRequest,
    VehicleIdentificationRequestByEid,
    VehicleIdentificationRequestByVin,
)

ADDRESSES = st.integers(0, 0xFFFF)
CODES = st.integers(0, 0xFF)
SIX_BYTES = st.binary(min_size=6, max_size=6)
VINS = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17)
FOUR_BYTES = st.none() | st.binary(min_size=4, max_size=4)
USER_DATA = st.binary(min_size=1, max_size=300)

MESSAGES: st.SearchStrategy[DoipMessage] = st.one_of(
    st.builds(HeaderNack, code=CODES),
    st.just(VehicleIdentificationRequest()),
    st.builds(VehicleIdentificationRequestByEid, eid=SIX_BYTES),
    st.builds(VehicleIdentificationRequestByVin, vin=VINS),
    st.builds(
        VehicleAnnouncement,
        vin=st.none() | VINS,
        logical_address=ADDRESSES,
        eid=SIX_BYTES,
        gid=SIX_BYTES,
        further_action=CODES,
        sync_status=st.none() | CODES,
    ),
    st.builds(RoutingActivationRequest, source_address=ADDRESSES, activation_type=CODES, manufacturer_data=FOUR_BYTES),
    st.builds(
        RoutingActivationResponse,
        tester_address=ADDRESSES,
        entity_address=ADDRESSES,
        code=CODES,
        manufacturer_data=FOUR_BYTES,
    ),
    st.just(AliveCheckRequest()),
    st.builds(AliveCheckResponse, source_address=ADDRESSES),
    st.just(EntityStatusRequest()),
    st.builds(
        EntityStatusResponse,
        node_type=CODES,
        max_sockets=CODES,
        open_sockets=CODES,
        max_data_size=st.none() | st.integers(0, 2**32 - 1),
    ),
    st.just(PowerModeRequest()),
    st.builds(PowerModeResponse, power_mode=CODES),
    st.builds(DiagnosticMessage, ADDRESSES, ADDRESSES, USER_DATA),
    st.builds(DiagnosticAck, ADDRESSES, ADDRESSES, CODES, st.binary(max_size=20)),
    st.builds(DiagnosticNack, ADDRESSES, ADDRESSES, CODES, st.binary(max_size=20)),
)
