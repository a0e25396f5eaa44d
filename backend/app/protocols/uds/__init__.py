"""UDS (ISO 14229-1 services, ISO 14229-2 timing) as bytes and values, for both ends, without any I/O.

services            numbers of services and sub-functions
requests            request messages: build and parse
responses           positive and negative answers: build and parse
negative_responses  every negative response code with its name, what it means, and what to do
dtc                 trouble codes: spelling of SAE J2012, status byte
identifiers         data identifiers that ISO 14229-1 and legislated OBD fix
exchange            the life of one request: timers, repetition, matching; time is passed in

Everything that reads bytes raises `UdsFormatError` for bytes that are wrong, and nothing else.
"""
