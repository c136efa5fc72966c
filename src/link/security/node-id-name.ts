/**
 * The NODE-ID of a certificate (RFC 9174 §4.4.1): a subject alternative name of the type otherName, id-on-bundleEID, that
 * holds the node's endpoint id as an IA5String. Neither OpenSSL nor Node decodes it.
 */
import { bytesEqual, utf8, utf8Decode } from '../../base/index.js';
import { element, elementsOf, onlyElement, Tag } from './der.js';

export const SUBJECT_ALT_NAME = '2.5.29.17';
/** id-kp-bundleSecurity, RFC 9174 §4.4.2. */
export const BUNDLE_SECURITY = '1.3.6.1.5.5.7.3.35';

/** 2.5.29.17 */
const SUBJECT_ALT_NAME_OID = Uint8Array.of(0x55, 0x1d, 0x11);
/** id-on-bundleEID, 1.3.6.1.5.5.7.8.11 */
const BUNDLE_EID_OID = Uint8Array.of(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x0b);

const OTHER_NAME = Tag.context(0);
const EXTENSIONS = Tag.context(3);

/** @returns the DER of a GeneralNames that says only this: the value of the extension. */
export function subjectAltNameOf(nodeEid: string): Uint8Array {
  const value = element(Tag.context(0), element(Tag.Ia5String, utf8(nodeEid)));
  return element(Tag.Sequence, element(OTHER_NAME, element(Tag.ObjectIdentifier, BUNDLE_EID_OID), value));
}

/**
 * @param certificate X.509 in DER
 * @throws DecodeError `ERR_DER`
 */
export function nodeIdsIn(certificate: Uint8Array): readonly string[] {
  const [tbs] = elementsOf(onlyElement(certificate, Tag.Sequence));
  const extensions = elementsOf(tbs?.value ?? new Uint8Array(0)).find(({ tag }) => tag === EXTENSIONS);
  if (extensions === undefined) return [];
  return elementsOf(onlyElement(extensions.value, Tag.Sequence)).flatMap((extension) => {
    const parts = elementsOf(extension.value);
    const [type] = parts;
    // Between the two there may be the critical flag.
    const value = parts.at(-1);
    if (type === undefined || value?.tag !== Tag.OctetString) return [];
    return bytesEqual(type.value, SUBJECT_ALT_NAME_OID) ? bundleEids(value.value) : [];
  });
}

function bundleEids(generalNames: Uint8Array): readonly string[] {
  return elementsOf(onlyElement(generalNames, Tag.Sequence)).flatMap((name) => {
    if (name.tag !== OTHER_NAME) return [];
    const [type, value] = elementsOf(name.value);
    if (type === undefined || value === undefined || !bytesEqual(type.value, BUNDLE_EID_OID)) return [];
    const eid = utf8Decode(onlyElement(value.value, Tag.Ia5String));
    return eid === undefined ? [] : [eid];
  });
}
