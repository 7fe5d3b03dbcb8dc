"""What the shopkeeper decides: one declared table, from which pages, search, history and checks are drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stdnum import iban as stdnum_iban
from stdnum.eu import vat as stdnum_vat
from stdnum.fr import siret as stdnum_siret

from shopvisio import webshops
from shopvisio.i18n import LANGUAGES, lazy
from shopvisio.settings import readers
from shopvisio.settings.readers import VAT_RATES, Read, Text

LEGAL_FORMS: dict[str, Text] = {
    "EI": lazy("Entreprise individuelle (EI)"),
    "micro": lazy("Micro-entreprise"),
    "EURL": "EURL",
    "SARL": "SARL",
    "SAS": "SAS",
    "SASU": "SASU",
    "SA": "SA",
    "SCOP": "SCOP",
    "association": lazy("Association"),
}
CAPITAL_FORMS = ("EURL", "SARL", "SAS", "SASU", "SA", "SCOP")  # those that must print their capital
VAT_REGIMES: dict[str, Text] = {
    "standard": lazy("La boutique facture la TVA"),
    "franchise": lazy("Franchise en base, pas de TVA"),
}
YES_NO: dict[str, Text] = {"no": lazy("Non"), "yes": lazy("Oui")}
HOLIDAYS: dict[str, Text] = {  # the country, and the part of it, as the library of holidays calls them
    "FR": lazy("France"),
    "FR-6AE": lazy("Alsace"),
    "FR-57": lazy("Moselle"),
    "FR-971": lazy("Guadeloupe"),
    "FR-972": lazy("Martinique"),
    "FR-973": lazy("Guyane"),
    "FR-974": lazy("La Réunion"),
    "FR-976": lazy("Mayotte"),
    "none": lazy("Aucun : la boutique ouvre les jours fériés"),
}
WEB_SHOPS: dict[str, Text] = {
    "": lazy("Aucune : le client commande ici"),
    **{name: kind.label for name, kind in webshops.KINDS.items()},
    "own": lazy("Une autre : j’écris son adresse"),
}
SMTP_SECURITIES: dict[str, Text] = {"starttls": "STARTTLS (587)", "tls": "TLS (465)", "none": lazy("Aucune (25)")}


@dataclass(frozen=True)
class Setting:
    """One thing a shopkeeper may change. ``read`` turns what was typed into a value, or raises ValueError
    with the sentence to show."""

    name: str
    group: str
    label: Text
    help: Text
    read: Read
    default: Any = ""
    needed: bool = False  # papers cannot be issued without it
    choices: Mapping[str, Text] | None = None
    secret: bool = False
    unit: Text = ""
    show: Callable[[Any], str] = str  # the value as the form shows it
    since: str = "0.1.0"  # the release that brought it

    def told(self, value: Any) -> str:
        """A value for eyes: the words of its choice, its unit; a secret is only said to be there."""
        if value == "":
            return ""
        if self.secret:
            return "•••"
        shown = str(self.choices[str(value)]) if self.choices and str(value) in self.choices else self.show(value)
        return f"{shown} {self.unit}" if self.unit else shown


SHOP, PAPERS, BOOKS, BOOKING, REPAIR, SELLING = "shop", "papers", "books", "booking", "repair", "selling"
MAIL, NETWORK, DATA = "mail", "network", "data"
GROUPS: dict[str, Text] = {
    SHOP: lazy("Boutique"),
    BOOKING: lazy("Rendez-vous"),
    REPAIR: lazy("Réparation en visio"),
    SELLING: lazy("Vente en visio"),
    PAPERS: lazy("Factures et TVA"),
    BOOKS: lazy("Comptabilité"),
    MAIL: lazy("E-mails et SMS"),
    NETWORK: lazy("Réseau"),
    DATA: lazy("Données"),
}
ACCOUNTS: dict[str, tuple[Text, Text, str, str]] = {  # what each is for, its help, how it begins, and at first
    "customers": (lazy("Clients"), lazy("Ce que vos clients vous doivent."), "41", "411000"),
    "vat": (lazy("TVA collectée"), lazy("Celle que portent vos factures."), "4457", "445710"),
    "services": (lazy("Prestations de services"), lazy("Les réparations, hors taxes."), "70", "706000"),
    "goods": (lazy("Ventes de marchandises"), lazy("Les pièces et les articles, hors taxes."), "70", "707000"),
    "bank": (lazy("Banque"), lazy("Les virements."), "51", "512000"),
    "cash": (lazy("Caisse"), lazy("Les espèces."), "53", "530000"),
    "cheques": (lazy("Chèques à encaisser"), lazy("Les chèques, jusqu’à leur remise en banque."), "51", "511200"),
    "cards": (
        lazy("Cartes à encaisser"),
        lazy("Les cartes, au magasin ou en ligne, jusqu’au virement de la banque ou de Stripe."),
        "51",
        "511500",
    ),
    "bonus": (lazy("Bonus Réparation à recevoir"), lazy("Ce que vous doit l’éco-organisme."), "46", "467000"),
}
SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "shop_name",
            SHOP,
            lazy("Nom de la boutique"),
            lazy("En tête de chaque page et de chaque facture."),
            readers.text(80),
            needed=True,
        ),
        Setting(
            "tagline",
            SHOP,
            lazy("Ce que vous faites, en une ligne"),
            lazy("Sous le nom, sur chaque page."),
            readers.text(90),
        ),
        Setting(
            "phone",
            SHOP,
            lazy("Téléphone"),
            lazy("Affiché sur chaque page : un client inquiet doit pouvoir appeler."),
            readers.phone,
            needed=True,
            show=readers.phone_for_eyes,
        ),
        Setting(
            "email",
            SHOP,
            lazy("E-mail de la boutique"),
            lazy("Les clients y répondent ; les avis de réservation y arrivent."),
            readers.email,
            needed=True,
        ),
        Setting(
            "brand",
            SHOP,
            lazy("Couleur"),
            lazy("La seule couleur à choisir ; le reste s’accorde."),
            readers.colour,
            "#0f5c66",
        ),
        Setting(
            "language",
            SHOP,
            lazy("Langue de la boutique"),
            lazy("Celle des factures et des pages par défaut."),
            readers.one_of(LANGUAGES),
            "fr",
            choices=LANGUAGES,
        ),
        Setting(
            "zone",
            SHOP,
            lazy("Fuseau horaire"),
            lazy("Celui de toutes les heures affichées."),
            readers.zone,
            "Europe/Paris",
        ),
        Setting(
            "notice_minutes",
            BOOKING,
            lazy("Délai minimum"),
            lazy("On ne peut pas réserver plus tard que cela avant l’heure."),
            readers.whole(0, 10080),
            60,
            unit="min",
        ),
        Setting(
            "horizon_days",
            BOOKING,
            lazy("Jusqu’à combien de jours"),
            lazy("Le dernier jour proposé."),
            readers.whole(1, 365),
            28,
            unit="j",
        ),
        Setting(
            "holidays",
            BOOKING,
            lazy("Jours fériés"),
            lazy("Personne ne peut réserver ces jours-là ; chacun se rouvre à la page Équipe."),
            readers.one_of(HOLIDAYS),
            "FR",
            choices=HOLIDAYS,
        ),
        Setting(
            "early_minutes",
            BOOKING,
            lazy("Salle d’attente ouverte"),
            lazy("Avant l’heure du rendez-vous."),
            readers.whole(5, 240),
            30,
            unit="min",
        ),
        Setting(
            "fee",
            REPAIR,
            lazy("Tarif unique, TTC"),
            lazy("Dû seulement si la réparation réussit, quel que soit le temps."),
            readers.cents,
            2900,
            unit="€",
            show=readers.amount,
        ),
        Setting(
            "answer_hours",
            REPAIR,
            lazy("Sans réponse du client"),
            lazy("Après ce délai et deux e-mails, le réparateur peut confirmer lui-même, avec un motif."),
            readers.whole(24, 720),
            72,
            unit="h",
        ),
        Setting(
            "guarantee_months",
            REPAIR,
            lazy("Garantie de la réparation"),
            lazy("Si la panne revient d’ici là, l’appel suivant est à 0 €. 0 : aucune garantie offerte."),
            readers.whole(0, 60),
            3,
            unit=lazy("mois"),
        ),
        Setting(
            "check_days",
            REPAIR,
            lazy("Demander si ça marche toujours"),
            lazy("Par e-mail, tant de jours après une réparation réussie. 0 : ne pas demander."),
            readers.whole(0, 60),
            7,
            unit="j",
        ),
        Setting(
            "estimate_from",
            REPAIR,
            lazy("Devis à partir de"),
            lazy("Au-delà de ce total de pièces, le client accepte un devis daté, avec les mots de la loi."),
            readers.cents,
            15000,
            unit="€",
            show=readers.amount,
        ),
        Setting(
            "estimate_days",
            REPAIR,
            lazy("Un devis vaut"),
            lazy("Passé ce délai, il faut le refaire."),
            readers.whole(1, 365),
            30,
            unit="j",
        ),
        Setting(
            "nudge_days",
            REPAIR,
            lazy("Pièce sans nouvelles"),
            lazy("Un e-mail demande alors si elle est arrivée, deux fois au plus. 0 : jamais."),
            readers.whole(0, 90),
            5,
            unit="j",
        ),
        Setting(
            "gas_phone",
            REPAIR,
            lazy("Urgence gaz"),
            lazy("Donné à qui parle de gaz ; en France, le numéro gratuit du réseau."),
            readers.phone,
            "+33800473333",
            show=readers.phone_for_eyes,
        ),
        Setting(
            "web_shop",
            SELLING,
            lazy("Votre boutique en ligne"),
            lazy("Le panier fait en visio y est rempli d’un geste. Sans elle, le client commande et paie ici."),
            readers.one_of(WEB_SHOPS),
            "",
            choices=WEB_SHOPS,
        ),
        Setting(
            "web_shop_url",
            SELLING,
            lazy("Son adresse"),
            lazy("Celle de sa page d’accueil, comme https://boutique.example."),
            webshops.check_base,
        ),
        Setting(
            "web_shop_pattern",
            SELLING,
            lazy("L’adresse qui ajoute au panier"),
            lazy(
                "Pour une autre boutique. À la place de {id}, {variant}, {product}, {sku} et {quantity} vient "
                "l’article ; une partie entre crochets est répétée pour chaque ligne."
            ),
            webshops.check_pattern,
        ),
        Setting(
            "web_shop_marker",
            SELLING,
            lazy("Marque de ces liens"),
            lazy(
                "Facultatif : ajoutée à la fin de chaque lien, comme utm_source=visio, pour que les statistiques de "
                "votre boutique en ligne comptent ces visites. La même pour tous : elle ne dit rien du client."
            ),
            webshops.check_marker,
        ),
        Setting(
            "delivery",
            SELLING,
            lazy("Livrer les commandes"),
            lazy("Pour les commandes faites ici, sans boutique en ligne."),
            readers.one_of(YES_NO),
            "yes",
            choices=YES_NO,
        ),
        Setting(
            "delivery_price",
            SELLING,
            lazy("Prix de la livraison, TTC"),
            "",
            readers.cents,
            590,
            unit="€",
            show=readers.amount,
        ),
        Setting(
            "delivery_free_from",
            SELLING,
            lazy("Livraison offerte à partir de"),
            lazy("D’articles commandés. 0 : jamais offerte."),
            readers.cents,
            0,
            unit="€",
            show=readers.amount,
        ),
        Setting(
            "collect",
            SELLING,
            lazy("Retirer au magasin"),
            lazy("Le client vient chercher sa commande quand vous lui dites qu’elle est prête."),
            readers.one_of(YES_NO),
            "yes",
            choices=YES_NO,
        ),
        Setting(
            "legal_name",
            PAPERS,
            lazy("Nom légal"),
            lazy("Dénomination sociale ; pour une entreprise individuelle, prénom et nom."),
            readers.text(120),
            needed=True,
        ),
        Setting(
            "legal_form",
            PAPERS,
            lazy("Forme juridique"),
            lazy("Imprimée sur chaque facture."),
            readers.one_of(LEGAL_FORMS),
            "",
            needed=True,
            choices=LEGAL_FORMS,
        ),
        Setting(
            "capital",
            PAPERS,
            lazy("Capital social"),
            lazy("Pour les sociétés seulement, comme « 5 000 € »."),
            readers.text(40),
        ),
        Setting("street", PAPERS, lazy("Adresse"), lazy("Numéro et rue."), readers.text(120), needed=True),
        Setting("postcode", PAPERS, lazy("Code postal"), "", readers.text(12), needed=True),
        Setting("city", PAPERS, lazy("Ville"), "", readers.text(80), needed=True),
        Setting(
            "siret",
            PAPERS,
            lazy("SIRET"),
            lazy("14 chiffres, vérifiés ; les neuf premiers sont votre SIREN."),
            readers.checked(stdnum_siret, lazy("Ce numéro SIRET n’est pas juste : vérifiez ses 14 chiffres.")),
            needed=True,
        ),
        Setting(
            "register", PAPERS, lazy("Registre"), lazy("Comme « RCS Lyon » ou « RNE »."), readers.text(80), needed=True
        ),
        Setting(
            "publisher",
            PAPERS,
            lazy("Directeur de la publication"),
            lazy("Qui répond de ces pages, nommé aux mentions légales : d’ordinaire vous."),
            readers.text(120),
        ),
        Setting(
            "vat_regime",
            PAPERS,
            lazy("TVA"),
            lazy("En franchise, les factures portent la mention légale."),
            readers.one_of(VAT_REGIMES),
            "",
            needed=True,
            choices=VAT_REGIMES,
        ),
        Setting(
            "vat_number",
            PAPERS,
            lazy("Numéro de TVA"),
            lazy("FR suivi de 11 chiffres."),
            readers.checked(stdnum_vat, lazy("Ce numéro de TVA n’est pas juste.")),
        ),
        Setting(
            "vat_rate",
            PAPERS,
            lazy("Taux de TVA du forfait"),
            lazy("Celui de la réparation à distance ; à faire confirmer par votre comptable."),
            readers.rate,
            2000,
            choices=VAT_RATES,
        ),
        Setting(
            "parts_vat_rate",
            PAPERS,
            lazy("Taux de TVA des pièces"),
            lazy("Celui des pièces envoyées ; à faire confirmer par votre comptable."),
            readers.rate,
            2000,
            choices=VAT_RATES,
        ),
        Setting(
            "vat_on_debits",
            PAPERS,
            lazy("TVA d’après les débits"),
            lazy("Oui seulement si vous avez pris cette option : la TVA est alors due à la facture."),
            readers.one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "due_days",
            PAPERS,
            lazy("Délai de paiement"),
            lazy("Imprimé sur la facture : à payer avant le…"),
            readers.whole(0, 60),
            14,
            unit="j",
        ),
        Setting(
            "iban",
            PAPERS,
            lazy("IBAN"),
            lazy("Sur les factures, pour le virement ; vérifié."),
            readers.checked(stdnum_iban, lazy("Cet IBAN n’est pas juste : vérifiez chaque signe.")),
            needed=True,
        ),
        Setting("bic", PAPERS, lazy("BIC"), lazy("Pour un virement venu d’ailleurs."), readers.text(11)),
        Setting(
            "repair_bonus",
            PAPERS,
            lazy("Bonus Réparation"),
            lazy(
                "Oui seulement si la boutique a le label QualiRépar, et si l’éco-organisme vous a dit qu’une "
                "réparation à distance y a droit : nous n’en sommes pas sûrs. Les montants sont à la page Bonus "
                "Réparation."
            ),
            readers.one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "stripe_key",
            PAPERS,
            lazy("Clé Stripe"),
            lazy("Pour être payé par carte en ligne, la facture remise. Demande l’extra « stripe » à l’installation."),
            readers.stripe_key,
            secret=True,
        ),
        Setting(
            "stripe_webhook",
            PAPERS,
            lazy("Secret du webhook Stripe"),
            lazy("Facultatif, pour voir un paiement aussitôt : donnez à Stripe l’adresse /stripe/webhook."),
            readers.text(200),
            secret=True,
        ),
        Setting(
            "insurance",
            PAPERS,
            lazy("Assurance professionnelle"),
            lazy("Assureur, adresse, territoire, si la vôtre est obligatoire."),
            readers.text(300),
        ),
        Setting(
            "mediator",
            PAPERS,
            lazy("Médiateur de la consommation"),
            lazy("Nom, adresse et site du médiateur dont vous relevez."),
            readers.text(300),
            needed=True,
        ),
        *(
            Setting(f"account_{name}", BOOKS, label, told, readers.account(root), first)
            for name, (label, told, root, first) in ACCOUNTS.items()
        ),
        Setting(
            "smtp_host",
            MAIL,
            lazy("Serveur d’envoi"),
            lazy("Vide : aucun e-mail n’est envoyé, les pages le disent."),
            readers.text(120),
        ),
        Setting("smtp_port", MAIL, lazy("Port"), "", readers.whole(1, 65535), 587),
        Setting(
            "smtp_security",
            MAIL,
            lazy("Sécurité"),
            "",
            readers.one_of(SMTP_SECURITIES),
            "starttls",
            choices=SMTP_SECURITIES,
        ),
        Setting("smtp_user", MAIL, lazy("Compte"), "", readers.text(120)),
        Setting(
            "smtp_password",
            MAIL,
            lazy("Mot de passe"),
            lazy("Gardé dans la base de la boutique."),
            readers.text(200),
            secret=True,
        ),
        Setting("mail_from", MAIL, lazy("Expéditeur"), lazy("Vide : l’e-mail de la boutique."), readers.email),
        Setting(
            "sms_url",
            MAIL,
            lazy("Passerelle SMS"),
            lazy(
                "L’adresse que donne votre opérateur de SMS, ou une passerelle à vous. Partent par SMS : le rappel de "
                "la dernière heure, un retard et, à qui n’a pas d’e-mail, la réservation et ses changements. "
                "Vide : aucun."
            ),
            readers.web_address,
        ),
        Setting(
            "sms_body",
            MAIL,
            lazy("Ce que reçoit la passerelle"),
            lazy(
                "Un formulaire ou du JSON, d’après sa notice : to où va le numéro, text où va le message, "
                "entre accolades."
            ),
            readers.sms_body,
            "to={to}&text={text}",
        ),
        Setting(
            "sms_authorization",
            MAIL,
            lazy("Autorisation de la passerelle"),
            lazy("L’en-tête Authorization de sa notice, comme « Bearer » suivi de votre clé."),
            readers.text(500),
            secret=True,
        ),
        Setting(
            "public_name",
            NETWORK,
            lazy("Nom public"),
            lazy("Ce que tapent vos clients, comme visio.maboutique.fr. Vide : l’adresse choisie à l’installation."),
            readers.public_name,
        ),
        Setting(
            "certificate",
            NETWORK,
            lazy("Certificat automatique"),
            lazy("Oui : demandé pour ce nom à une autorité dont vous acceptez les conditions, renouvelé tout seul."),
            readers.one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "public_address",
            NETWORK,
            lazy("Adresse publique"),
            lazy("Celle de votre box. Vide : celle du nom public de la boutique, relue toutes les cinq minutes."),
            readers.public_addresses,
        ),
        Setting(
            "stun_server",
            NETWORK,
            lazy("Serveur STUN"),
            lazy("Interrogé toutes les cinq minutes sur l’adresse de la box. Vide : personne n’est interrogé."),
            readers.stun_server,
        ),
        Setting(
            "time_server",
            NETWORK,
            lazy("Serveur d’heure"),
            lazy(
                "Interrogé toutes les heures : au-delà de cinq minutes d’écart, aucun papier n’est fait. "
                "Vide : personne n’est interrogé."
            ),
            readers.time_server,
        ),
        Setting(
            "turn_urls",
            NETWORK,
            lazy("Serveur TURN"),
            lazy("Pour les réseaux qui bloquent tout le reste. Plusieurs adresses : séparées par des espaces."),
            readers.turn_urls,
        ),
        Setting(
            "turn_secret",
            NETWORK,
            lazy("Secret partagé du TURN"),
            lazy("Chaque client reçoit un mot de passe à lui, valable un jour."),
            readers.text(200),
            secret=True,
        ),
        Setting("turn_user", NETWORK, lazy("Compte TURN"), lazy("Seulement sans secret partagé."), readers.text(120)),
        Setting("turn_password", NETWORK, lazy("Mot de passe TURN"), "", readers.text(200), secret=True),
        Setting(
            "metrics_token",
            NETWORK,
            lazy("Jeton de /metrics"),
            lazy("Pour qui surveille l’appareil avec Prometheus : quelques chiffres, rien des clients. Vide : fermé."),
            readers.token,
            secret=True,
        ),
        Setting(
            "backup_hour",
            DATA,
            lazy("Heure de la sauvegarde"),
            lazy("Chaque jour, à cette heure de la boutique ; personne ne s’en aperçoit, même en appel."),
            readers.whole(0, 23),
            3,
            unit="h",
        ),
        Setting(
            "s3_url",
            DATA,
            lazy("Stockage S3"),
            lazy(
                "L’adresse d’un stockage compatible S3 : chaque sauvegarde y part aussi, chiffrée."
                " Demande l’extra « s3 » à l’installation. Vide : aucun."
            ),
            readers.storage,
        ),
        Setting(
            "s3_region",
            DATA,
            lazy("Région du stockage"),
            lazy("Comme votre fournisseur l’écrit ; vide s’il n’en a pas."),
            readers.word,
        ),
        Setting(
            "s3_bucket",
            DATA,
            lazy("Bucket des sauvegardes"),
            lazy("À cette boutique seule : les vieilles sauvegardes en sont ôtées."),
            readers.word,
        ),
        Setting("s3_key", DATA, lazy("Clé d’accès au stockage"), "", readers.text(200)),
        Setting(
            "s3_secret",
            DATA,
            lazy("Clé secrète du stockage"),
            lazy("Gardée dans la base de la boutique."),
            readers.text(200),
            secret=True,
        ),
        Setting(
            "open_repair",
            DATA,
            lazy("Partager les résultats des réparations"),
            lazy(
                "Oui : Chiffres offre une feuille au format de l’Open Repair Alliance, à envoyer ou non. Appareil, "
                "marque, jour et résultat ; ni nom, ni texte écrit, ni photo. Ce qui est envoyé devient public."
            ),
            readers.one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "recording",
            DATA,
            lazy("Enregistrer des appels"),
            lazy(
                "Seulement quand chacun a dit oui pendant l’appel, et jusqu’à ce que l’un d’eux l’arrête. Hors des"
                " sauvegardes."
            ),
            readers.one_of(YES_NO),
            "no",
            choices=YES_NO,
        ),
        Setting(
            "keep_recordings_days",
            DATA,
            lazy("Enregistrements d’appels"),
            lazy("Effacés ensuite, dossier clos ou non. Gardez-les le moins longtemps possible."),
            readers.whole(1, 365),
            14,
            unit="j",
        ),
        Setting(
            "recording_gigabytes",
            DATA,
            lazy("Place des enregistrements"),
            lazy("Une heure d’appel en prend un à deux. Au-delà, l’enregistrement s’arrête, l’appel continue."),
            readers.whole(1, 2000),
            20,
            unit=lazy("Go"),
        ),
        Setting(
            "keep_pictures_months",
            DATA,
            lazy("Photos d’un dossier clos"),
            lazy(
                "Effacées ensuite, avec le compte rendu illustré, jamais avant la fin de la garantie."
                " Aucune loi ne demande de les garder."
            ),
            readers.whole(1, 120),
            12,
            unit=lazy("mois"),
        ),
        Setting(
            "keep_words_months",
            DATA,
            lazy("Messages, e-mails et invités d’un dossier clos"),
            lazy(
                "Le texte des messages et des e-mails, les noms des invités, les essais de matériel."
                " Aucune loi ne demande de les garder."
            ),
            readers.whole(1, 120),
            12,
            unit=lazy("mois"),
        ),
        Setting(
            "keep_cases_years",
            DATA,
            lazy("Nom et coordonnées d’un dossier clos"),
            lazy(
                "Cinq ans : le temps pendant lequel un client ou vous pouvez encore réclamer (article 2224 du code"
                " civil). Le dossier reste, sans personne."
            ),
            readers.whole(2, 10),
            5,
            unit=lazy("ans"),
        ),
    )
}
