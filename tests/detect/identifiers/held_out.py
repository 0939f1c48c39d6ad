# SPDX-License-Identifier: Apache-2.0
"""A held-out set: values written as people write them, in sentences as people write them, and numbers that are none of these.

The names and the sentences are written for this set and are not taken from the vocabulary of the detector.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1, sha256

from detect.samples import made, written
from douane.detect.identifiers.kind import kinds

__all__ = ["Case", "bare", "in_context", "negatives", "strong"]


@dataclass(frozen=True, slots=True)
class Case:
    """A text with a value in it (none for a negative), the rule that should find it and the type that it has."""

    rule: str
    type: str
    text: str
    start: int
    end: int


# Sentences: `{n}` is what people call the number, `{v}` the number.
FRAMES: dict[str, tuple[str, ...]] = {
    "en": (
        "My {n} is {v}.",
        "{n}: {v}",
        "Please update my file, {n} {v}, thank you",
        "Could you check whether {v} is the right {n}?",
        "Customer gave us {n} - {v} yesterday",
        '{{"{n}": "{v}"}}',
    ),
    "de": (
        "Meine {n} lautet {v}.",
        "{n}: {v}",
        "Bitte tragen Sie die {n} {v} ein.",
        "Hier noch die {n}, die Sie wollten: {v}",
        "{v} ist meine {n}",
        "Anbei {n} {v}, Gruß Jana",
    ),
    "fr": (
        "Mon {n} est le {v}.",
        "{n} : {v}",
        "Voici le {n} demandé, {v}, merci de confirmer",
        "Pouvez-vous vérifier le {n} {v} svp ?",
        "{v} est bien mon {n}",
        "Client : M. Roux, {n} {v}",
    ),
    "es": (
        "Mi {n} es {v}.",
        "{n}: {v}",
        "Adjunto el {n} {v} del cliente",
        "¿Puede comprobar si {v} es el {n} correcto?",
        "Con {n} {v}, domiciliado en Madrid",
    ),
    "it": ("Il mio {n} è {v}.", "{n}: {v}", "Le mando il {n} che mi ha chiesto: {v}", "Con {n} {v} residente a Torino", "{v} ({n})"),
    "nl": ("Mijn {n} is {v}.", "{n}: {v}", "Kunt u {n} {v} controleren?", "Hierbij het {n} van de klant, {v}", "{v} is mijn {n}"),
    "pt": ("O meu {n} é {v}.", "{n}: {v}", "Segue o {n} do cliente: {v}", "Portador do {n} {v}, residente em Lisboa", "{v} ({n})"),
    "pl": ("Mój {n} to {v}.", "{n}: {v}", "Proszę wpisać {n} {v} do umowy", "Podaję {n}, czyli {v}", "{v} to mój {n}"),
    "cs": ("Moje {n} je {v}.", "{n}: {v}", "Prosím doplňte {n} {v} do smlouvy", "Posílám {n}, je to {v}", "{v} ({n})"),
    "sk": ("Moje {n} je {v}.", "{n}: {v}", "Prosím doplňte {n} {v} do zmluvy", "{v} ({n})"),
    "sl": ("Moja {n} je {v}.", "{n}: {v}", "Prosim, vpišite {n} {v} v pogodbo", "{v} ({n})"),
    "hr": ("Moj {n} je {v}.", "{n}: {v}", "Molim upišite {n} {v} u ugovor", "{v} ({n})"),
    "hu": ("A {n}: {v}.", "{n} {v}", "Az ügyfél {n} adata {v} volt", "Kérem, írja be: {n} {v}, köszönöm"),
    "ro": ("{n} este {v}.", "{n}: {v}", "Vă rog să treceți {n} {v} în contract", "{v} ({n})"),
    "bg": ("Моят {n} е {v}.", "{n}: {v}", "Моля впишете {n} {v} в договора", "{v} ({n})"),
    "el": ("Ο {n} μου είναι {v}.", "{n}: {v}", "Παρακαλώ σημειώστε {n} {v} στη σύμβαση", "{v} ({n})"),
    "da": ("Mit {n} er {v}.", "{n}: {v}", "Skriv venligst {n} {v} i kontrakten", "{v} er mit {n}"),
    "sv": ("Mitt {n} är {v}.", "{n}: {v}", "Skriv in {n} {v} i avtalet, tack", "{v} är mitt {n}"),
    "no": ("Mitt {n} er {v}.", "{n}: {v}", "Skriv inn {n} {v} i avtalen", "{v} er mitt {n}"),
    "is": ("{n} mín er {v}.", "{n}: {v}", "Skráðu {n} {v} í samninginn"),
    "fi": ("{n} on {v}.", "{n}: {v}", "Lisää sopimukseen {n} {v}, kiitos", "{v} ({n})"),
    "et": ("Minu {n} on {v}.", "{n}: {v}", "Palun lisage {n} {v} lepingusse", "{v} ({n})"),
    "lv": ("Mans {n} ir {v}.", "{n}: {v}", "Lūdzu ierakstiet {n} {v} līgumā", "{v} ({n})"),
    "lt": ("Mano {n} yra {v}.", "{n}: {v}", "Prašau įrašyti {n} {v} į sutartį", "{v} ({n})"),
    "ga": ("Is é {v} mo {n}.", "{n}: {v}", "Cuir {n} {v} leis an gcomhad, le do thoil"),
    "mt": ("In-{n} tiegħi hu {v}.", "{n}: {v}", "Jekk jogħġbok ikteb {n} {v} fil-formola"),
}

# By kind: languages with the names that people give it, then the layouts that they write it in, the commonest first.
WAYS: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "at.vnr": (
        {"de": ("Sozialversicherungsnummer", "SVNR", "SV-Nummer", "Versicherungsnummer"), "en": ("Austrian social security number",)},
        ("#### ######", "##########"),
    ),
    "at.tin": ({"de": ("Steuernummer", "Abgabenkontonummer", "St.Nr."), "en": ("Austrian tax number",)}, ("##-###/####", "## ###/####")),
    "at.vat": ({"de": ("UID-Nummer", "UID", "Umsatzsteuer-Identifikationsnummer"), "en": ("VAT number",)}, ("ATU########",)),
    "be.nn": (
        {"nl": ("rijksregisternummer", "INSZ"), "fr": ("numéro de registre national", "NISS"), "de": ("Nationalregisternummer",)},
        ("##.##.##-###.##", "###########"),
    ),
    "be.enterprise": (
        {"nl": ("ondernemingsnummer", "KBO-nummer"), "fr": ("numéro d'entreprise", "numéro BCE")},
        ("####.###.###", "##########"),
    ),
    "be.vat": ({"nl": ("btw-nummer",), "fr": ("numéro de TVA",)}, ("BE ####.###.###", "BE##########")),
    "bg.egn": ({"bg": ("ЕГН", "единен граждански номер"), "en": ("EGN",)}, ("##########",)),
    "bg.lnch": ({"bg": ("ЛНЧ", "личен номер на чужденец")}, ("##########",)),
    "bg.eik": ({"bg": ("ЕИК", "Булстат")}, ("#########",)),
    "bg.vat": ({"bg": ("ДДС номер", "ИН по ЗДДС")}, ("BG#########",)),
    "ch.ahv": ({"de": ("AHV-Nummer", "AHV-Nr."), "fr": ("numéro AVS",), "it": ("numero AVS",)}, ("###.####.####.##", "#############")),
    "ch.uid": ({"de": ("UID", "Unternehmens-Identifikationsnummer"), "fr": ("numéro IDE",)}, ("CHE-###.###.###", "CHE#########")),
    "li.peid": ({"de": ("PEID", "Pers.-ID")}, ("#######",)),
    "cy.tic": ({"el": ("ΑΦΤ", "αριθμός φορολογικής ταυτότητας"), "en": ("tax identification code", "TIC")}, ("########@",)),
    "cy.vat": ({"en": ("VAT number",), "el": ("αριθμός ΦΠΑ",)}, ("CY########@",)),
    "cz.rc": ({"cs": ("rodné číslo", "r.č.", "RČ"), "sk": ("rodné číslo",), "en": ("birth number",)}, ("######/####", "##########")),
    "cz.ico": ({"cs": ("IČO", "IČ", "identifikační číslo"), "sk": ("IČO",)}, ("########",)),
    "cz.vat": ({"cs": ("DIČ",)}, ("CZ########",)),
    "cz.account": ({"cs": ("číslo účtu", "bankovní účet")}, ("######-##########/####",)),
    "sk.dic": ({"sk": ("DIČ", "daňové identifikačné číslo")}, ("##########",)),
    "sk.vat": ({"sk": ("IČ DPH",)}, ("SK##########",)),
    "de.idnr": (
        {"de": ("Steuer-ID", "Steueridentifikationsnummer", "IdNr.", "steuerliche Identifikationsnummer"), "en": ("German tax ID",)},
        ("## ### ### ###", "###########"),
    ),
    "de.stnr": ({"de": ("Steuernummer", "St.-Nr.", "Steuernr.")}, ("###/###/#####",)),
    "de.rvnr": ({"de": ("Rentenversicherungsnummer", "Sozialversicherungsnummer", "RVNR")}, ("## ###### @ ###", "########@###")),
    "de.kvnr": ({"de": ("Krankenversichertennummer", "KVNR", "Versichertennummer"), "en": ("health insurance number",)}, ("@#########",)),
    "de.vat": ({"de": ("USt-IdNr.", "Umsatzsteuer-ID", "USt-ID"), "en": ("VAT ID",)}, ("DE#########", "DE ### ### ###")),
    "de.document": ({"de": ("Personalausweisnummer", "Ausweisnummer", "Reisepassnummer")}, ("?????????#",)),
    "dk.cpr": ({"da": ("CPR-nummer", "personnummer", "CPR-nr."), "en": ("CPR number",)}, ("######-####", "##########")),
    "dk.cvr": ({"da": ("CVR-nummer", "CVR-nr.", "CVR")}, ("########", "## ## ## ##")),
    "dk.vat": ({"da": ("SE-nummer", "momsnummer")}, ("DK########",)),
    "ee.ik": ({"et": ("isikukood",), "en": ("Estonian personal code",)}, ("###########",)),
    "ee.registry": ({"et": ("registrikood", "äriregistri kood")}, ("########",)),
    "ee.vat": ({"et": ("KMKR number", "käibemaksukohustuslase number")}, ("EE#########",)),
    "lt.asmens": ({"lt": ("asmens kodas",), "en": ("Lithuanian personal code",)}, ("###########",)),
    "lt.company": ({"lt": ("įmonės kodas", "juridinio asmens kodas")}, ("#########",)),
    "lt.vat": ({"lt": ("PVM mokėtojo kodas", "PVM kodas")}, ("LT#########",)),
    "lv.person": ({"lv": ("personas kods",), "en": ("Latvian personal code",)}, ("######-#####", "###########")),
    "lv.company": ({"lv": ("reģistrācijas numurs", "reģ. Nr.")}, ("###########",)),
    "lv.vat": ({"lv": ("PVN numurs", "PVN reģ. Nr.")}, ("LV###########",)),
    "es.dni": (
        {"es": ("DNI", "NIF", "documento nacional de identidad"), "en": ("Spanish ID number",)},
        ("########@", "########-@", "##.###.###-@"),
    ),
    "es.nie": ({"es": ("NIE", "número de identidad de extranjero")}, ("X#######@", "X-#######-@")),
    "es.cif": ({"es": ("CIF", "NIF de la empresa")}, ("@########", "@-########")),
    "es.nuss": ({"es": ("número de la Seguridad Social", "NUSS", "número de afiliación")}, ("## ######## ##", "############")),
    "es.ccc": ({"es": ("cuenta bancaria", "número de cuenta", "CCC")}, ("#### #### ## ##########", "####################")),
    "es.vat": ({"es": ("NIF-IVA",), "en": ("VAT number",)}, ("ES@########",)),
    "fi.hetu": ({"fi": ("henkilötunnukseni", "hetu", "henkilötunnus"), "sv": ("personbeteckning",)}, ("######-###?",)),
    "fi.ytunnus": ({"fi": ("Y-tunnus",), "en": ("business ID",)}, ("#######-#",)),
    "fi.vat": ({"fi": ("ALV-numero", "ALV-tunniste")}, ("FI########",)),
    "no.fnr": ({"no": ("fødselsnummer", "personnummer", "fnr."), "en": ("Norwegian national ID",)}, ("###### #####", "###########")),
    "no.orgnr": ({"no": ("organisasjonsnummer", "org.nr.")}, ("### ### ###", "#########")),
    "no.konto": ({"no": ("kontonummer", "bankkonto")}, ("####.##.#####", "###########")),
    "no.vat": ({"no": ("MVA-nummer", "MVA")}, ("NO ### ### ### MVA", "NO#########MVA")),
    "is.kennitala": ({"is": ("kennitala", "kt."), "en": ("kennitala",)}, ("######-####", "##########")),
    "is.vsk": ({"is": ("VSK-númer",)}, ("#####",)),
    "se.personnummer": (
        {"sv": ("personnummer", "personnr", "samordningsnummer"), "en": ("Swedish personal number",)},
        ("######-####", "##########"),
    ),
    "se.orgnr": ({"sv": ("organisationsnummer", "org.nr")}, ("######-####", "##########")),
    "se.vat": ({"sv": ("momsregistreringsnummer", "VAT-nr")}, ("SE############",)),
    "fr.nir": (
        {"fr": ("numéro de sécurité sociale", "NIR", "n° de sécu"), "en": ("French social security number",)},
        ("# ## ## ## ### ### ##", "###############"),
    ),
    "fr.spi": ({"fr": ("numéro fiscal", "numéro SPI", "identifiant fiscal")}, ("## ## ### ### ###", "#############")),
    "fr.siren": ({"fr": ("numéro SIREN", "SIREN", "RCS Lyon")}, ("### ### ###", "#########")),
    "fr.siret": ({"fr": ("numéro SIRET", "SIRET")}, ("### ### ### #####", "##############")),
    "fr.vat": ({"fr": ("numéro de TVA intracommunautaire", "n° TVA")}, ("FR## #########", "FR###########")),
    "gb.nhs": ({"en": ("NHS number", "NHS no.", "NHS Number (patient)")}, ("### ### ####", "##########")),
    "gb.chi": ({"en": ("CHI number", "CHI")}, ("##########",)),
    "gb.nino": (
        {"en": ("National Insurance number", "NI number", "NINO"), "ga": ("uimhir árachais náisiúnta",)},
        ("@@ ## ## ## @", "@@######@"),
    ),
    "gb.utr": ({"en": ("UTR", "Unique Taxpayer Reference", "self assessment UTR")}, ("##### #####", "##########")),
    "gb.driving": ({"en": ("driving licence number", "DVLA licence")}, ("@@@@@######@@???", "@@@@@######@#???")),
    "gb.vat": ({"en": ("VAT registration number", "VAT no.")}, ("GB#########", "GB ### #### ##")),
    "xi.vat": ({"en": ("VAT number",)}, ("XI#########",)),
    "gr.afm": ({"el": ("ΑΦΜ", "Α.Φ.Μ.", "Αριθμός Φορολογικού Μητρώου"), "en": ("AFM",)}, ("#########",)),
    "gr.amka": ({"el": ("ΑΜΚΑ", "Α.Μ.Κ.Α.")}, ("###########",)),
    "gr.vat": ({"el": ("αριθμός ΦΠΑ",), "en": ("VAT number",)}, ("EL#########",)),
    "hr.oib": ({"hr": ("OIB", "osobni identifikacijski broj")}, ("###########",)),
    "hr.vat": ({"hr": ("PDV ID", "PDV broj")}, ("HR###########",)),
    "si.emso": ({"sl": ("EMŠO", "enotna matična številka občana"), "hr": ("JMBG",)}, ("#############",)),
    "si.tax": ({"sl": ("davčna številka", "davčna št.")}, ("########",)),
    "si.maticna": ({"sl": ("matična številka podjetja", "matična številka")}, ("#######",)),
    "si.vat": ({"sl": ("ID za DDV",)}, ("SI########",)),
    "hu.tax": ({"hu": ("adóazonosító jel", "adóazonosító jele")}, ("##########",)),
    "hu.company": ({"hu": ("adószám", "cég adószáma")}, ("########-#-##",)),
    "hu.taj": ({"hu": ("TAJ-szám", "TAJ szám", "TAJ")}, ("### ### ###", "#########")),
    "hu.personal": ({"hu": ("személyi szám", "személyi azonosító")}, ("#-######-####", "# ###### ####")),
    "hu.vat": ({"hu": ("közösségi adószám",)}, ("HU########",)),
    "ie.pps": ({"en": ("PPS number", "PPSN", "PPS no."), "ga": ("uimhir PSP",)}, ("#######@", "####### @")),
    "ie.vat": ({"en": ("VAT number",)}, ("IE#######@",)),
    "it.codicefiscale": (
        {"it": ("codice fiscale", "C.F.", "cod. fisc."), "en": ("Italian tax code",)},
        ("@@@@@@##@##@###@", "@@@@@@ ##@## @###@"),
    ),
    "it.iva": ({"it": ("partita IVA", "P.IVA", "P. IVA")}, ("###########",)),
    "it.vat": ({"it": ("partita IVA",), "en": ("VAT number",)}, ("IT###########",)),
    "lu.matricule": (
        {"fr": ("matricule national", "numéro d'identification national"), "de": ("Matrikelnummer (Luxemburg)",)},
        ("#############", "######## #####"),
    ),
    "lu.vat": ({"fr": ("numéro de TVA",)}, ("LU########",)),
    "mt.id": ({"mt": ("karta tal-identità", "numru tal-karta tal-identità"), "en": ("Maltese ID card number",)}, ("#######@",)),
    "mt.vat": ({"mt": ("numru tal-VAT",), "en": ("VAT number",)}, ("MT########",)),
    "nl.bsn": ({"nl": ("BSN", "burgerservicenummer", "BSN-nummer"), "en": ("Dutch BSN",)}, ("#########", "####.##.###")),
    "nl.vat": ({"nl": ("btw-nummer", "btw-id")}, ("NL#########B##",)),
    "nl.document": ({"nl": ("paspoortnummer", "nummer van mijn identiteitskaart")}, ("@@??????#",)),
    "pl.pesel": ({"pl": ("PESEL", "numer PESEL")}, ("###########",)),
    "pl.nip": ({"pl": ("NIP", "numer NIP")}, ("###-###-##-##", "##########")),
    "pl.regon": ({"pl": ("REGON", "numer REGON")}, ("#########",)),
    "pl.id": ({"pl": ("numer dowodu osobistego", "seria i numer dowodu", "dowód osobisty nr")}, ("@@@ ######", "@@@######")),
    "pl.passport": ({"pl": ("numer paszportu", "paszport")}, ("@@#######",)),
    "pl.vat": ({"pl": ("NIP UE", "VAT UE")}, ("PL##########",)),
    "pt.nif": ({"pt": ("NIF", "número de contribuinte", "nº de contribuinte")}, ("### ### ###", "#########")),
    "pt.cc": ({"pt": ("cartão de cidadão", "número do cartão de cidadão")}, ("######## # @@#", "#########@@#")),
    "pt.niss": ({"pt": ("NISS", "número da Segurança Social")}, ("###########",)),
    "pt.vat": ({"pt": ("número de IVA",), "en": ("VAT number",)}, ("PT#########",)),
    "ro.cnp": ({"ro": ("CNP", "codul numeric personal")}, ("#############",)),
    "ro.cui": ({"ro": ("CUI", "codul unic de înregistrare", "CIF")}, ("########",)),
    "ro.id": ({"ro": ("cartea de identitate seria", "CI seria")}, ("@@ ######",)),
    "ro.vat": ({"ro": ("cod TVA",), "en": ("VAT number",)}, ("RO########",)),
    "eu.ehic": (
        {
            "de": ("Kennnummer der europäischen Krankenversicherungskarte",),
            "en": ("EHIC card number",),
            "fr": ("numéro de la carte européenne d'assurance maladie",),
        },
        ("####################",),
    ),
    "eu.vat": ({"en": ("VAT number", "OSS VAT number")}, ("EU#########",)),
    "card": (
        {
            "en": ("credit card", "card number"),
            "de": ("Kreditkarte",),
            "fr": ("carte bancaire",),
            "pl": ("numer karty",),
            "el": ("αριθμός κάρτας",),
        },
        ("#### #### #### ####",),
    ),
    "card.digits": ({"en": ("Visa card",), "de": ("Kreditkartennummer",), "es": ("tarjeta",)}, ("################",)),
    "us.ssn": ({"en": ("SSN", "social security number")}, ("###-##-####", "#########")),
    "us.itin": ({"en": ("ITIN", "taxpayer identification number")}, ("###-##-####",)),
    "us.ein": ({"en": ("EIN", "employer identification number")}, ("##-#######",)),
    "us.npi": ({"en": ("NPI", "NPI number")}, ("##########",)),
    "us.aba": ({"en": ("routing number", "ABA number")}, ("#########",)),
    "us.mbi": ({"en": ("Medicare number", "MBI")}, ("#@?#-@?#-@@##", "#@?#@?#@@##")),
    "ca.sin": ({"en": ("SIN", "social insurance number"), "fr": ("NAS", "numéro d'assurance sociale")}, ("### ### ###", "###-###-###")),
    "in.pan": ({"en": ("PAN card", "PAN")}, ("@@@@@####@",)),
    "in.aadhaar": ({"en": ("Aadhaar number", "Aadhaar")}, ("#### #### ####", "############")),
    "sg.nric": ({"en": ("NRIC", "FIN")}, ("@#######@",)),
    "kr.rrn": ({"en": ("resident registration number", "RRN")}, ("######-#######",)),
    "au.tfn": ({"en": ("TFN", "tax file number")}, ("### ### ###",)),
    "au.abn": ({"en": ("ABN",)}, ("## ### ### ###",)),
    "au.medicare": ({"en": ("Medicare card",)}, ("#### ##### #",)),
    "br.cpf": ({"pt": ("CPF",)}, ("###.###.###-##",)),
}

# Kinds without a table of layouts: sample values, names by language.
OTHERS: tuple[tuple[str, str, bool, dict[str, tuple[str, ...]], tuple[str, ...]], ...] = (
    (
        "email",
        "EMAIL_ADDRESS",
        True,
        {"en": ("e-mail",), "de": ("E-Mail",), "fr": ("courriel",), "pl": ("adres mailowy",)},
        ("anna.first@example.org", "j.o'neill+x@mail.example.co.uk", "łukasz@poczta.example.pl"),
    ),
    (
        "iban",
        "IBAN_CODE",
        True,
        {"en": ("IBAN",), "de": ("Kontonummer",), "nl": ("rekening",)},
        (
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NL91ABNA0417164300",
            "MT84MALT011000012345MTLCAST001S",
        ),
    ),
    (
        "phone",
        "PHONE_NUMBER",
        True,
        {
            "en": ("phone number",),
            "de": ("Handynummer",),
            "fr": ("portable",),
            "it": ("cellulare",),
            "fi": ("puhelinnumero",),
            "hu": ("telefonszám",),
        },
        (
            "+33 6 12 34 56 78",
            "+49 30 901820",
            "+44 20 7946 0958",
            "+48 512 345 678",
            "+30 691 234 5678",
            "06 12 34 56 78",
            "020 7946 0958",
            "0612345678",
        ),
    ),
    (
        "phone",
        "PHONE_NUMBER",
        False,
        {"es": ("móvil", "teléfono"), "pt": ("telemóvel",), "pl": ("telefon",), "it": ("cellulare",)},
        ("612 345 678", "612345678", "347 123 4567", "912 345 678", "512 345 678"),
    ),
    ("ipv4", "IP_ADDRESS", True, {"en": ("IP address",), "fr": ("adresse IP",)}, ("192.0.2.44", "203.0.113.7")),
    ("ipv6", "IP_ADDRESS", True, {"en": ("IP",)}, ("2001:db8::8a2e:370:7334", "fe80::1")),
    ("mac", "MAC_ADDRESS", True, {"en": ("MAC address",)}, ("00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7")),
    (
        "crypto",
        "CRYPTO",
        True,
        {"en": ("wallet",), "fr": ("portefeuille",)},
        (
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
        ),
    ),
    ("lei", "COMPANY_ID", True, {"en": ("LEI",)}, ("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55")),
    (
        "passport",
        "PASSPORT",
        False,
        {
            "en": ("passport", "passport number"),
            "de": ("Reisepass Nr.", "Passnummer"),
            "fr": ("passeport", "numéro de passeport"),
            "es": ("pasaporte",),
            "it": ("passaporto",),
            "ro": ("pașaport",),
            "cs": ("číslo pasu", "cestovní pas"),
            "hu": ("útlevélszám",),
            "el": ("διαβατήριο",),
            "fi": ("passin numero",),
            "sv": ("passnummer",),
            "bg": ("паспорт",),
            "lt": ("paso numeris",),
            "lv": ("pases numurs",),
            "et": ("passi number",),
            "hr": ("broj putovnice",),
            "sl": ("potni list",),
            "da": ("pasnummer",),
            "no": ("passnummer",),
            "is": ("vegabréf",),
            "mt": ("passaport",),
            "ga": ("uimhir phas",),
        },
        ("C01X00T47", "19AB12345", "AA1234567", "YA1234567", "533380006", "P1234567"),
    ),
    (
        "identity_card",
        "NATIONAL_ID",
        False,
        {
            "fr": ("carte d'identité", "CNI"),
            "de": ("Personalausweis", "Ausweisnummer"),
            "it": ("carta d'identità",),
            "el": ("ΑΔΤ", "αριθμός ταυτότητας"),
            "cs": ("občanský průkaz", "č. OP"),
            "sk": ("občiansky preukaz",),
            "hu": ("személyi igazolvány",),
            "bg": ("лична карта",),
            "hr": ("osobna iskaznica",),
            "sl": ("osebna izkaznica",),
            "fi": ("henkilökortti",),
            "sv": ("id-kort",),
            "et": ("ID-kaart",),
            "lv": ("personas apliecība",),
            "lt": ("tapatybės kortelė",),
            "en": ("identity card",),
        },
        ("880692310285", "L22N00129", "CA12345AA", "ΑΒ 123456", "123456789", "AB123456", "123456AB"),
    ),
    (
        "driving_licence",
        "DRIVER_LICENSE",
        False,
        {
            "en": ("driver's license", "driver licence"),
            "de": ("Führerschein", "Führerscheinnummer"),
            "fr": ("permis de conduire",),
            "es": ("permiso de conducir",),
            "it": ("patente di guida", "patente"),
            "nl": ("rijbewijsnummer",),
            "pl": ("prawo jazdy",),
            "cs": ("řidičský průkaz",),
            "hu": ("jogosítvány",),
            "ro": ("permis de conducere",),
            "el": ("δίπλωμα οδήγησης",),
            "da": ("kørekort",),
            "sv": ("körkort",),
            "fi": ("ajokortti",),
            "pt": ("carta de condução",),
        },
        ("B072RRE2I55", "U1A1234567B", "12AB34567", "D1234567", "A123-4567-8901", "5123456789"),
    ),
    (
        "plate",
        "LICENSE_PLATE",
        False,
        {
            "en": ("number plate", "license plate"),
            "de": ("Kennzeichen", "Autokennzeichen"),
            "fr": ("plaque d'immatriculation", "immatriculation"),
            "es": ("matrícula",),
            "it": ("targa",),
            "nl": ("kenteken",),
            "pl": ("nr rejestracyjny", "tablica rejestracyjna"),
            "cs": ("SPZ",),
            "hu": ("rendszám",),
            "ro": ("numărul de înmatriculare",),
            "el": ("πινακίδα",),
            "da": ("nummerplade",),
            "sv": ("registreringsnummer", "regnr"),
            "fi": ("rekisterinumero",),
            "pt": ("matrícula",),
            "bg": ("регистрационен номер",),
        },
        ("AB-123-CD", "B-MW 1234", "AB12 CDE", "1234 BCD", "WA 12345", "12-AB-34", "AB 123 CD", "1AB 2345", "ABC 123", "ABC-1234"),
    ),
    (
        "bank_account",
        "BANK_ACCOUNT",
        False,
        {"en": ("account number", "bank account"), "de": ("Kontonummer", "Kto.-Nr."), "sv": ("kontonummer",), "fr": ("numéro de compte",)},
        ("12345678", "0532013000", "8327-9 1234567"),
    ),
    ("bic", "BANK_ACCOUNT", False, {"en": ("BIC", "SWIFT code", "BIC/SWIFT")}, ("DEUTDEFF", "BNPAFRPPXXX", "NWBKGB2L")),
)


def strong() -> frozenset[str]:
    """Kinds that are believed without a word in every layout that people write them in."""
    named = {kind.id for kind in kinds() if kind.id in WAYS and all(layout in kind.bare for layout in WAYS[kind.id][1])}
    return frozenset(named | {rule for rule, _, is_strong, _, _ in OTHERS if is_strong} - {rule for rule, _, s, _, _ in OTHERS if not s})


def in_context(seed: int, each: int) -> Iterator[Case]:
    """`each` sentences of every kind, in the languages of its country."""
    drawn = random.Random(seed)
    for rule, type_, names, values in _sources(drawn, each):
        for value in values:
            language = drawn.choice(sorted(names))
            yield _case(rule, type_, drawn.choice(FRAMES[language]), drawn.choice(names[language]), value)


def bare(seed: int, each: int, *, usual: bool = False) -> Iterator[Case]:
    """Values by themselves, on lines and in sentences that do not name them; `usual` is only the commonest way to write each."""
    drawn = random.Random(seed)
    frames = ("{v}", "{v}.", "Anna Nowak, {v}", "- {v}\n", "It is {v}, she said.", "({v})", "Meier;{v};Wien")
    for rule, type_, _, values in _sources(drawn, each, usual=usual):
        for value in values if rule not in _BY_WORD else ():
            yield _case(rule, type_, drawn.choice(frames), "", value)


# What has no check digit is known by its word only, so it is no part of what is found bare.
_BY_WORD = frozenset(
    {
        "passport",
        "identity_card",
        "driving_licence",
        "plate",
        "bank_account",
        "bic",
        "mt.id",
        "ro.id",
        "li.peid",
        "is.vsk",
        "us.ein",
        "nl.document",
    }
)


def _sources(drawn: random.Random, each: int, *, usual: bool = False) -> Iterator[tuple[str, str, dict[str, tuple[str, ...]], list[str]]]:
    for kind in kinds():
        if kind.id in WAYS:
            names, layouts = WAYS[kind.id]
            values = []
            while len(values) < each:
                value = written(made(kind, drawn), layouts[0] if usual else drawn.choice(layouts))
                if value:
                    values.append(value)
            yield kind.id, kind.type, names, values
    for rule, type_, _, names, samples in OTHERS:
        yield rule, type_, names, [drawn.choice(samples) for _ in range(each)]


def _case(rule: str, type_: str, frame: str, name: str, value: str) -> Case:
    before = frame.split("{v}")[0].replace("{n}", name).replace("{{", "{")
    return Case(rule, type_, frame.format(n=name, v=value), len(before), len(before) + len(value))


def negatives(seed: int, each: int) -> Iterator[Case]:
    """Numbers that are no personal data, by what they are; the rule is the class."""
    drawn = random.Random(seed)

    def number(fewest: int, most: int) -> str:
        return drawn.choice("123456789") + "".join(drawn.choice("0123456789") for _ in range(drawn.randrange(fewest, most + 1) - 1))

    def order() -> str:
        plain = number(6, 16)
        return drawn.choice(
            [
                plain,
                plain,
                plain,
                f"{plain[:4]}-{plain[4:]}",
                f"{drawn.choice('ABQ')}{plain}",
                f"{plain[:3]}-{plain[3:10]}-{plain[10:]}".rstrip("-"),
            ]
        )

    def moment() -> datetime:
        return datetime.fromtimestamp(drawn.randrange(1_400_000_000, 1_800_000_000), UTC)

    makers = {
        "order, named": (
            order,
            (
                "order number {v}",
                "Your order {v} has shipped.",
                "Commande n° {v} expédiée.",
                "Bestellnummer {v}",
                "ticket {v} was closed",
                "invoice no. {v}",
                "tracking {v}",
                "Rechnung Nr. {v} vom Mai",
                "zamówienie {v}",
                "tilausnumero {v}",
                "número de pedido {v}",
                "faktura {v}",
                "objednávka č. {v}",
            ),
        ),
        "order, bare": (
            order,
            ("{v} items were counted", "see {v} for details", "{v}", "the parcel with {v} has arrived", "({v})", "item #{v}"),
        ),
        "timestamp": (
            lambda: drawn.choice(
                [
                    str(drawn.randrange(1_600_000_000, 1_800_000_000)),
                    str(drawn.randrange(1_600_000_000_000, 1_800_000_000_000)),
                    str(drawn.randrange(16 * 10**17, 18 * 10**17)),
                    f"{moment():%Y-%m-%dT%H:%M:%S}.{drawn.randrange(1000):03}Z",
                    f"{moment():%Y%m%d%H%M%S}",
                ]
            ),
            ("at {v}", "{v}", "[{v}] INFO started", "ts={v} level=info", "created {v}"),
        ),
        "price": (
            lambda: drawn.choice(
                [
                    f"{drawn.randrange(10**6):,}.{drawn.randrange(100):02}",
                    f"{drawn.randrange(10**9):,}".replace(",", " "),
                    f"{drawn.randrange(10**9):,}".replace(",", "."),
                    f"{drawn.randrange(10**7)},{drawn.randrange(100):02}",
                ]
            ),
            ("{v} €", "€ {v}", "costs {v} EUR", "$ {v}", "CHF {v}", "insgesamt {v} Euro", "{v} zł", "{v} kr"),
        ),
        "hash": (
            lambda: drawn.choice(
                [
                    sha1(drawn.randbytes(8)).hexdigest(),
                    sha256(drawn.randbytes(8)).hexdigest(),
                    sha1(drawn.randbytes(8)).hexdigest()[: drawn.randrange(7, 13)],
                    sha256(drawn.randbytes(8)).hexdigest()[:32],
                    sha1(drawn.randbytes(8)).hexdigest()[:16].upper(),
                ]
            ),
            ("commit {v}", "{v}", "sha256:{v}", "digest={v}", "merge {v} into main"),
        ),
        "uuid": (
            lambda: str(uuid.UUID(int=drawn.getrandbits(128), version=4)),
            ("{v}", "id: {v}", "/v1/users/{v}/edit", "request {v} failed"),
        ),
        "version": (
            lambda: ".".join(str(drawn.randrange(40)) for _ in range(drawn.choice([2, 3, 3, 4]))),
            ("version {v}", "v{v}", "package=={v}", "release {v} is out", "Python {v}"),
        ),
        "isbn, ean": (lambda: _book(drawn), ("ISBN {v}", "{v}", "EAN: {v}", "barcode {v}")),
        "port, size": (
            lambda: str(drawn.randrange(1024, 10 ** drawn.randrange(5, 13))),
            ("localhost:{v}", "port {v}", "{v} bytes", "took {v} ms", "offset={v}", "pid {v}", "0x{v}", "x = {v}"),
        ),
        "measure": (
            lambda: f"{drawn.uniform(0, 10 ** drawn.randrange(1, 9)):.{drawn.randrange(1, 9)}f}",
            ("{v}", "lat {v}", "x = {v};", "{v} kg", "about {v} %"),
        ),
    }
    for name, (make, frames) in makers.items():
        for _ in range(each):
            yield Case(name, "", drawn.choice(frames).format(v=make()), 0, 0)


def _book(drawn: random.Random) -> str:
    digits = [9, 7, drawn.choice([8, 9]), *(drawn.randrange(10) for _ in range(9))]
    if drawn.random() < 0.5:
        digits = [drawn.choice([3, 4, 5, 8]), *(drawn.randrange(10) for _ in range(11))]
    digits.append(-sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10)
    plain = "".join(map(str, digits))
    return drawn.choice([plain, f"{plain[:3]}-{plain[3]}-{plain[4:6]}-{plain[6:12]}-{plain[12]}"])
