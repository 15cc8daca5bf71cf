"""The pages' words in French; see the package."""

TEXTS = {
    "channel_email": "e-mail",
    "channel_sms": "SMS",
    "channel_push": "notification push",
    "channel_web_push": "notification du navigateur",
    "channel_inbox": "message dans l’application",
    "channel_slack": "Slack",
    "channel_webhook": "webhook",
    "title": "Vos notifications",
    "intro": "Choisissez ce que {brand} vous envoie, et où.",
    "personal": (
        "Ce lien n’appartient qu’à vous : quiconque le possède peut modifier ces réglages. Il "
        "est valable jusqu’au {until}."
    ),
    "news": "Ce que vous recevez",
    "news_none": "Il n’y a encore rien à choisir.",
    "news_other": "Autres nouvelles",
    "news_save": "Enregistrer les choix",
    "always": "Toujours actif : pour votre sécurité ou parce que la loi l’exige.",
    "stopped": "Vous avez arrêté tous les messages par {channel}.",
    "allow": "Les autoriser de nouveau",
    "all_off": "Vous êtes désabonné de tout",
    "all_off_text": (
        "Vous ne recevez que les messages toujours actifs. Vos choix précédents sont conservés."
    ),
    "undo": "Annuler",
    "hours": "Heures de silence et fuseau horaire",
    "hours_on": "Ne rien m’envoyer entre ces heures",
    "hours_note": "Les messages attendent jusque-là. Les urgents arrivent quand même.",
    "hours_from": "De",
    "hours_until": "À",
    "zone": "Fuseau horaire",
    "zone_note": "Les heures suivent l’horloge de ce fuseau.",
    "hours_save": "Enregistrer les heures",
    "pause": "Faire une pause",
    "pause_text": "Pendant la pause, vous ne recevez que les messages toujours actifs.",
    "pause_1": "1 jour",
    "pause_7": "7 jours",
    "pause_30": "30 jours",
    "paused": "Rien n’est envoyé jusqu’au {until}, sauf les messages toujours actifs.",
    "resume": "Terminer la pause maintenant",
    "places": "Où nous vous joignons",
    "places_none": "Aucune adresse de vous n’est enregistrée.",
    "place_in_use": "utilisée",
    "place_gone": "ne fonctionne plus",
    "place_stopped": (
        "arrêtée par vous ; envoyez START au numéro qui vous a écrit pour l’autoriser de nouveau"
    ),
    "place_blocked": "bloquée : des messages ont été renvoyés ou signalés comme indésirables",
    "stop": "Se désabonner de tout",
    "stop_text": "Vous pouvez l’annuler ici à tout moment.",
    "copy": "Vos données",
    "copy_text": (
        "Un fichier avec ce qui est enregistré à votre sujet : vos réglages, vos consentements "
        "et vos derniers messages. Les adresses y sont masquées."
    ),
    "copy_link": "Télécharger une copie de mes données",
    "now_on": "Vous recevrez désormais {kind} par {channel}.",
    "now_off": "Vous ne recevrez plus {kind} par {channel}.",
    "now_unchanged": "Rien n’a été modifié.",
    "now_stopped": "Vous êtes désabonné de tout. Un message déjà en route peut encore arriver.",
    "now_undone": "Vous êtes de nouveau abonné, comme avant.",
    "now_allowed": "Vous autorisez de nouveau les messages par {channel}.",
    "now_paused": "Rien n’est envoyé jusqu’au {until}, sauf les messages toujours actifs.",
    "now_resumed": "La pause est terminée. Vous recevez de nouveau des messages.",
    "now_quiet": "Vous ne recevez rien entre {start} et {end}, heure de {zone}.",
    "now_not_quiet": "Vous n’avez pas d’heures de silence. Votre fuseau horaire est {zone}.",
    "wrong": "Rien n’a encore été enregistré. Corrigez ce qui est signalé.",
    "wrong_form": "Cela n’a pas été compris et rien n’a été modifié. Veuillez réessayer.",
    "wrong_time": "Saisissez une heure, par exemple 22:00.",
    "wrong_same": "La fin doit être différente du début.",
    "wrong_zone": "Choisissez un fuseau horaire dans la liste.",
    "gone": "Ce lien ne fonctionne pas",
    "gone_text": (
        "Il est peut-être endommagé, incomplet ou trop ancien. Utilisez le lien d’un message "
        "plus récent."
    ),
    "why": "Pourquoi ai-je reçu ceci ?",
    "why_not": "Pourquoi n’ai-je pas reçu ceci ?",
    "why_what": "Message",
    "why_when": "Quand",
    "why_nowhere": "aucune adresse",
    "why_status": "Ce qu’il est devenu",
    "why_links": "Ce que vous pouvez faire",
    "why_settings": "Modifier ce que vous recevez",
    "why_unsubscribe": "Ne plus recevoir {kind} par {channel}",
    "why_mandatory": (
        "{kind} est envoyé à toutes les personnes concernées : pour votre sécurité ou parce que "
        "la loi l’exige."
    ),
    "why_chosen_type": "Vous avez choisi de recevoir {kind} par {channel}.",
    "why_chosen_category": "Vous avez choisi de recevoir ce groupe de nouvelles par {channel}.",
    "why_default": (
        "{brand} envoie {kind} par {channel} tant que vous ne le désactivez pas, et vous ne "
        "l’avez pas fait."
    ),
    "why_unknown_type": "Ce type de message n’est plus envoyé.",
    "status_waiting": "Il attend d’être envoyé",
    "status_sending": "Il est en cours d’envoi",
    "status_sent": "Il a été envoyé",
    "status_delivered": "Il a été remis",
    "status_failed": "Il n’a pas pu être remis",
    "status_skipped": "Il n’a pas été envoyé",
    "status_cancelled": "Il a été annulé avant l’envoi",
    "status_expired": "Il n’a pas été envoyé : son délai était passé",
    "status_uncertain": "Il a probablement été envoyé ; le fournisseur n’a pas répondu",
    "reason_no_contact_point": "Nous n’avions aucune adresse de vous pour cela.",
    "reason_suppressed": (
        "Votre adresse est bloquée : des messages ont été renvoyés, signalés comme "
        "indésirables, ou vous avez demandé l’arrêt."
    ),
    "reason_unsubscribed": "Vous vous êtes désabonné de tout.",
    "reason_unsubscribed_channel": "Vous avez arrêté tous les messages par {channel}.",
    "reason_opted_out": "Vous avez choisi de ne pas recevoir {kind} par {channel}.",
    "reason_not_opted_in": (
        "Vous n’avez pas demandé {kind} par {channel} ; sans un oui, rien n’est envoyé."
    ),
    "reason_paused": "Vous faisiez une pause.",
    "reason_duplicate": "Le même message vous avait été envoyé juste avant.",
    "reason_over_cap": (
        "Vous aviez déjà reçu autant de messages que nous en envoyons dans ce délai."
    ),
    "reason_in_digest": "Il a été ajouté à un résumé qui est envoyé plus tard.",
    "reason_quiet_hours": "Il attend la fin de vos heures de silence.",
    "reason_send_window": "Il attend les heures où ceci est envoyé.",
    "reason_legal_hours": "Il attend les heures où la loi le permet.",
    "reason_fallback_not_needed": "Vous aviez déjà été joint par une autre voie.",
    "reason_expired": "Son délai était passé.",
    "stop_one": "Ne plus recevoir {kind} par {channel} ?",
    "stop_where": "Ils sont envoyés à {address}.",
    "stop_others": "Les autres messages ne changent pas.",
    "stop_button": "Se désabonner",
    "stopped_one": "Vous êtes désabonné",
    "stopped_late": "Un message déjà en route peut encore arriver.",
    "again": "Vous êtes de nouveau abonné",
    "fixed": "Ces messages ne peuvent pas être désactivés",
}
