"""The pages' words in German; see the package."""

TEXTS = {
    "channel_email": "E-Mail",
    "channel_sms": "SMS",
    "channel_push": "Push-Nachricht",
    "channel_web_push": "Browser-Nachricht",
    "channel_inbox": "Nachricht in der App",
    "channel_slack": "Slack",
    "channel_webhook": "Webhook",
    "title": "Ihre Benachrichtigungen",
    "intro": "Bestimmen Sie, was {brand} Ihnen schickt, und wohin.",
    "personal": (
        "Dieser Link gehört nur Ihnen: Wer ihn hat, kann diese Einstellungen ändern. Er gilt "
        "bis {until}."
    ),
    "news": "Was Sie bekommen",
    "news_none": "Noch gibt es nichts zu wählen.",
    "news_other": "Weitere Nachrichten",
    "news_save": "Auswahl speichern",
    "always": "Immer an: zu Ihrer Sicherheit oder weil das Gesetz es verlangt.",
    "stopped": "Sie haben alle Nachrichten per {channel} gestoppt.",
    "allow": "Wieder erlauben",
    "all_off": "Sie sind von allem abgemeldet",
    "all_off_text": (
        "Sie bekommen nur Nachrichten, die immer an sind. Ihre frühere Auswahl bleibt gespeichert."
    ),
    "undo": "Rückgängig machen",
    "hours": "Ruhezeiten und Zeitzone",
    "hours_on": "Zwischen diesen Zeiten nichts schicken",
    "hours_note": "Nachrichten warten so lange. Dringende kommen trotzdem an.",
    "hours_from": "Von",
    "hours_until": "Bis",
    "zone": "Zeitzone",
    "zone_note": "Die Zeiten gelten nach der Uhr dieser Zone.",
    "hours_save": "Zeiten speichern",
    "pause": "Pause machen",
    "pause_text": "In der Pause bekommen Sie nur Nachrichten, die immer an sind.",
    "pause_1": "1 Tag",
    "pause_7": "7 Tage",
    "pause_30": "30 Tage",
    "paused": "Bis {until} wird nichts geschickt, außer Nachrichten, die immer an sind.",
    "resume": "Pause jetzt beenden",
    "places": "Wo wir Sie erreichen",
    "places_none": "Es ist keine Adresse von Ihnen gespeichert.",
    "place_in_use": "in Gebrauch",
    "place_gone": "funktioniert nicht mehr",
    "place_stopped": (
        "von Ihnen gestoppt; schicken Sie START an die Nummer, die Ihnen schrieb, um sie wieder "
        "zu erlauben"
    ),
    "place_blocked": "gesperrt: Nachrichten kamen zurück oder wurden als Spam gemeldet",
    "stop": "Von allem abmelden",
    "stop_text": "Sie können das hier jederzeit rückgängig machen.",
    "copy": "Ihre Daten",
    "copy_text": (
        "Eine Datei mit dem, was über Sie gespeichert ist: Ihre Einstellungen, Ihre "
        "Einwilligungen und Ihre letzten Nachrichten. Adressen darin sind verdeckt."
    ),
    "copy_link": "Kopie meiner Daten herunterladen",
    "now_on": "Sie bekommen {kind} jetzt per {channel}.",
    "now_off": "Sie bekommen {kind} nicht mehr per {channel}.",
    "now_unchanged": "Es wurde nichts geändert.",
    "now_stopped": "Sie sind von allem abgemeldet. Was schon unterwegs ist, kann noch ankommen.",
    "now_undone": "Sie sind wieder angemeldet, wie zuvor.",
    "now_allowed": "Sie erlauben wieder Nachrichten per {channel}.",
    "now_paused": "Bis {until} wird nichts geschickt, außer Nachrichten, die immer an sind.",
    "now_resumed": "Die Pause ist zu Ende. Sie bekommen wieder Nachrichten.",
    "now_quiet": "Zwischen {start} und {end} (Zeitzone {zone}) wird Ihnen nichts geschickt.",
    "now_not_quiet": "Sie haben keine Ruhezeiten. Ihre Zeitzone ist {zone}.",
    "wrong": "Es wurde noch nichts gespeichert. Bitte berichtigen Sie, was markiert ist.",
    "wrong_form": (
        "Das wurde nicht verstanden, und nichts wurde geändert. Bitte versuchen Sie es noch einmal."
    ),
    "wrong_time": "Geben Sie eine Uhrzeit ein, etwa 22:00.",
    "wrong_same": "Das Ende muss sich vom Anfang unterscheiden.",
    "wrong_zone": "Wählen Sie eine Zeitzone aus der Liste.",
    "gone": "Dieser Link funktioniert nicht",
    "gone_text": (
        "Er ist vielleicht beschädigt, unvollständig oder zu alt. Nehmen Sie den Link einer "
        "neueren Nachricht."
    ),
    "why": "Warum habe ich das bekommen?",
    "why_not": "Warum habe ich das nicht bekommen?",
    "why_what": "Nachricht",
    "why_when": "Wann",
    "why_nowhere": "keine Adresse",
    "why_status": "Was daraus wurde",
    "why_links": "Was Sie tun können",
    "why_settings": "Ändern, was Sie bekommen",
    "why_unsubscribe": "{kind} per {channel} abbestellen",
    "why_mandatory": (
        "{kind} geht an alle, die es betrifft: zu Ihrer Sicherheit oder weil das Gesetz es "
        "verlangt."
    ),
    "why_chosen_type": "Sie haben {kind} per {channel} gewählt.",
    "why_chosen_category": "Sie haben diese Gruppe von Nachrichten per {channel} gewählt.",
    "why_default": (
        "{brand} schickt {kind} per {channel}, solange Sie es nicht abschalten; das haben Sie "
        "nicht getan."
    ),
    "why_unknown_type": "Diese Art von Nachricht wird nicht mehr geschickt.",
    "status_waiting": "Sie wartet darauf, geschickt zu werden",
    "status_sending": "Sie wird gerade geschickt",
    "status_sent": "Sie wurde geschickt",
    "status_delivered": "Sie wurde zugestellt",
    "status_failed": "Sie konnte nicht zugestellt werden",
    "status_skipped": "Sie wurde nicht geschickt",
    "status_cancelled": "Sie wurde vor dem Schicken abgebrochen",
    "status_expired": "Sie wurde nicht geschickt: Ihre Zeit war vorbei",
    "status_uncertain": "Sie wurde wahrscheinlich geschickt; vom Anbieter kam keine Antwort",
    "reason_no_contact_point": "Wir hatten dafür keine Adresse von Ihnen.",
    "reason_suppressed": (
        "Ihre Adresse ist gesperrt: Nachrichten kamen zurück, wurden als Spam gemeldet, oder "
        "Sie haben sie gestoppt."
    ),
    "reason_unsubscribed": "Sie haben sich von allem abgemeldet.",
    "reason_unsubscribed_channel": "Sie haben alle Nachrichten per {channel} gestoppt.",
    "reason_opted_out": "Sie haben {kind} per {channel} abgewählt.",
    "reason_not_opted_in": (
        "Sie haben {kind} per {channel} nicht bestellt; ohne ein Ja wird es nicht geschickt."
    ),
    "reason_paused": "Sie machten gerade Pause von Nachrichten.",
    "reason_duplicate": "Dasselbe war Ihnen kurz zuvor geschickt worden.",
    "reason_over_cap": (
        "Sie hatten schon so viele Nachrichten bekommen, wie wir in dieser Zeit schicken."
    ),
    "reason_in_digest": "Sie kam in eine Zusammenfassung, die später geschickt wird.",
    "reason_quiet_hours": "Sie wartet, bis Ihre Ruhezeit vorbei ist.",
    "reason_send_window": "Sie wartet auf die Stunden, in denen sie geschickt wird.",
    "reason_legal_hours": "Sie wartet auf die Stunden, in denen das Gesetz es erlaubt.",
    "reason_fallback_not_needed": "Sie waren schon auf einem anderen Weg erreicht worden.",
    "reason_expired": "Ihre Zeit war vorbei.",
    "stop_one": "{kind} per {channel} abbestellen?",
    "stop_where": "Sie gehen an {address}.",
    "stop_others": "Andere Nachrichten sind nicht betroffen.",
    "stop_button": "Abbestellen",
    "stopped_one": "Sie sind abgemeldet",
    "stopped_late": "Was schon unterwegs ist, kann noch ankommen.",
    "again": "Sie sind wieder angemeldet",
    "fixed": "Diese Nachrichten lassen sich nicht abschalten",
}
