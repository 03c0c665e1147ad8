/** Where DDEX's choreography schema imports W3C's schema of XML signatures from. It is never fetched. */
export const xmldsigLocation = 'http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd';

/**
 * Stands in for that schema where it is not installed (as `xmldsig/xmldsig-core-schema.xsd` in the schemas' folder). It
 * declares the three types that the choreography's schema names and leaves what is inside a signature unchecked. That takes
 * nothing from the check of what we send and read: manifests and acknowledgements here carry no signature (the choice between
 * HashSum and Signature is optional), and a signed one is checked in all but the signature's own content.
 */
export const xmldsigStandIn = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
    targetNamespace="http://www.w3.org/2000/09/xmldsig#" elementFormDefault="qualified">
  <xs:complexType name="SignedInfoType">
    <xs:sequence><xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:anyAttribute namespace="##any" processContents="lax"/>
  </xs:complexType>
  <xs:complexType name="SignatureValueType">
    <xs:simpleContent><xs:extension base="xs:base64Binary"><xs:attribute name="Id" type="xs:ID"/></xs:extension></xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="X509IssuerSerialType">
    <xs:sequence>
      <xs:element name="X509IssuerName" type="xs:string"/>
      <xs:element name="X509SerialNumber" type="xs:integer"/>
    </xs:sequence>
  </xs:complexType>
</xs:schema>
`;
